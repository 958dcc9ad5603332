export { literal } from '../../catalog/sqlLiteral.js';
