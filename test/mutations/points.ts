/** Every place that enforces rules. */
import type { Point } from './point.js';
import { disclosurePoints } from './points/disclosure.js';
import { elsewherePoints } from './points/elsewhere.js';
import { exportPoints } from './points/exports.js';
import { peoplePoints } from './points/people.js';
import { rulePoints } from './points/rules.js';

export type { Point } from './point.js';
export const points: readonly Point[] = [...rulePoints, ...elsewherePoints, ...disclosurePoints, ...peoplePoints, ...exportPoints];
