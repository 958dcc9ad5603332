/** Every place that enforces rules, each with a change of the compiled text that takes it away. A text that is not found is an error: the list must follow the code. */
export interface Point {
  /** What is enforced there. */
  readonly point: string;
  /** Below dist/src. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Test files that are asked before the oracle, and which of their tests where not all: `leaks/05 -t words`. */
  readonly tests?: string;
}

const authorize = 'policy/authorize.js';
const decide = 'policy/decide.js';
const narrow = 'policy/narrow.js';
const relation = 'sources/sql/relation.js';
const condition = 'policy/condition.js';
const linked = 'if (!decision.readable)\n                    throw forbidden(decision.reason);\n                const leaving';

export const points: readonly Point[] = [
  { point: 'a closed table at the root', file: authorize, from: 'if (!decision.readable)\n            throw forbidden(decision.reason);', to: 'this.relations.set(keyOf(level.at), readableRelation(level.at, this.decide(level.at.dataset), decision));', tests: 'leaks/11' },
  { point: 'a closed table below a row', file: authorize, from: 'if (!decision.readable) {\n            this.refused.add(level);', to: 'if (!decision.readable) this.relations.set(keyOf(level.at), readableRelation(level.at, this.decide(level.at.dataset), { ...decision, noRows: false }));\n        if (false) {\n            this.refused.add(level);', tests: 'leaks/05|sources/places' },
  { point: 'a closed table in a filter over a link', file: authorize, from: linked, to: linked.replace('throw forbidden(decision.reason);', 'this.relations.set(keyOf(link.target), readableRelation(link.target, this.decide(link.target.dataset), { ...decision, noRows: false }));'), tests: 'leaks/05|graphql/links' },
  { point: 'granularity at the root', file: authorize, from: 'this.enough(neededBy(level), level.at, decision);', to: 'void 0;' },
  { point: 'granularity below a row', file: authorize, from: 'if (coarse) {', to: 'if (false) {', tests: 'leaks/05' },
  { point: 'granularity in a filter over a link', file: authorize, from: "this.enough('row', link.target, decision);", to: 'void 0;', tests: 'leaks/05' },
  { point: 'a minimum cell', file: 'policy/granularity.js', from: "if ((needed === 'count' || needed === 'aggregate')", to: "if (false && (needed === 'count' || needed === 'aggregate')", tests: 'leaks/17' },
  { point: 'a withheld column in where', file: authorize, from: "column: (column) => this.readable(column, at, 'where'),", to: 'column: () => undefined,', tests: 'leaks/01' },
  { point: 'a withheld column in orderBy', file: authorize, from: "this.readable(term.column, level.at, 'orderBy');", to: 'void 0;', tests: 'leaks/02' },
  { point: 'a withheld column in an aggregate', file: authorize, from: "this.readable(column, level.at, 'aggregate');", to: 'void 0;', tests: 'leaks/03' },
  { point: 'a withheld column in groups', file: authorize, from: 'this.readable(column, level.at, where);', to: 'void 0;', tests: 'leaks/03' },
  { point: 'a link over a column that is not plain', file: authorize, from: 'hiddenBy(link, here) {', to: 'hiddenBy(link, here) {\n        return undefined;', tests: 'leaks/05' },
  { point: 'a filter over such a link', file: authorize, from: 'const hidden = this.hiddenBy(link, at);', to: 'const hidden = undefined;', tests: 'leaks/05|graphql/links' },
  { point: 'hashes of one key only tie rows together', file: authorize, from: 'one.same === other.same', to: 'true', tests: 'leaks/05' },
  { point: 'keys of persons across organizations', file: authorize, from: 'return here.dataset.organization.id !== link.target.dataset.organization.id &&', to: 'return false &&', tests: 'graphql/links|federation/federation' },
  { point: 'keys of persons have no links by namespace', file: 'plan/linkIndex.js', from: '&& !column.personKey', to: '', tests: 'graphql/links' },
  { point: 'a representation by a hidden key', file: authorize, from: "throw this.columnRefused(column, at, 'A representation');", to: 'void 0;', tests: 'graphql/collection/entities -t withheld' },
  { point: 'identifiers that leave for another source: selected', file: authorize, from: 'const leaving = transferRefusal(parent, level.at);', to: 'const leaving = undefined;', tests: 'federation/federation' },
  { point: 'identifiers that leave for another source: in a filter', file: authorize, from: 'const leaving = transferRefusal(at, link.target);', to: 'const leaving = undefined;', tests: 'federation/federation' },
  { point: 'deny rules', file: decide, from: "if (rule.effect !== 'deny')\n                continue;", to: 'continue;', tests: 'leaks/05' },
  { point: 'a deny rule on what is not known', file: decide, from: 'if (evaluate(rule.to, asking, place) !== false)', to: 'if (evaluate(rule.to, asking, place) === true)', tests: 'leaks/12' },
  { point: 'visibility: RESTRICTED and REGISTERED', file: decide, from: "if (dataset.visibility === 'PUBLIC')", to: 'if (true)', tests: 'leaks/11' },
  { point: 'an exemption that is not certain', file: decide, from: 'if (rule.unless && evaluate(rule.unless, asking, place) === true) {', to: 'if (rule.unless && evaluate(rule.unless, asking, place) !== false) {' },
  { point: 'an exemption of columns that is not certain', file: decide, from: 'if (!rule.unless || evaluate(rule.unless, asking, { ...place, column }) !== true)', to: 'if (!rule.unless || evaluate(rule.unless, asking, { ...place, column }) === false)' },
  { point: 'row rules reach the relation', file: decide, from: "if (rule.effect === 'rows')\n                rows.push(rule);", to: "if (rule.effect === 'rows')\n                void rule;" },
  { point: 'an unknown attribute hides every row', file: 'policy/relation.js', from: 'const rows = decision.noRows ? nothing :', to: 'const rows = decision.noRows ? everything :', tests: 'leaks/12' },
  { point: 'a missing column of a row rule hides every row', file: 'policy/relation.js', from: 'if (namesMissingColumn(where, table))\n        return nothing;', to: 'if (namesMissingColumn(where, table))\n        return everything;', tests: 'leaks/12' },
  { point: 'columns of a grant', file: decide, from: 'if (opened && grant)\n            this.withholdUngranted(columns, grant);', to: 'void 0;', tests: 'leaks/07' },
  { point: 'a grant is its holder\'s', file: decide, from: 'asking.grants.filter((grant) => grant.dataset === dataset.id && isOf(grant, identity))', to: 'asking.grants.filter((grant) => grant.dataset === dataset.id)', tests: 'leaks/07' },
  { point: 'the purpose of a grant', file: decide, from: '(grant.purpose === undefined || (purpose !== undefined && covers(grant.purpose, purpose.code)))', to: 'true', tests: 'leaks/07' },
  { point: 'embargo', file: decide, from: 'const embargoUntil = dataset.embargoUntil && !member && !override', to: 'const embargoUntil = false && dataset.embargoUntil && !member && !override', tests: 'leaks/05' },
  { point: 'decisions of unlike callers have unlike keys', file: 'graphql/createEngine.js', from: '.map((dataset) => this.decide(dataset, asking).key)', to: '.map((dataset) => dataset.id)', tests: 'leaks/11' },
  { point: 'purpose', file: narrow, from: "case 'purpose':", to: "case 'never-purpose':", tests: 'leaks/07|test/policy/decide' },
  { point: 'channel', file: narrow, from: "case 'channel':", to: "case 'never-channel':", tests: 'leaks/16' },
  { point: 'export is more than rows', file: narrow, from: "if (asking.channel === 'export' && granularity !== 'export')", to: 'if (false)', tests: 'leaks/16' },
  { point: 'destination', file: narrow, from: "case 'destination':", to: "case 'never-destination':" },
  { point: 'existence only', file: narrow, from: "if (rule.atMost === 'existence')", to: 'if (false)', tests: 'leaks/17' },
  { point: 'windows reach the relation', file: narrow, from: "case 'window':", to: "case 'never-window':", tests: 'leaks/05' },
  { point: 'what is not known is not true', file: condition, from: 'if (value === undefined)\n        return undefined;', to: 'if (value === undefined)\n        return true;' },
  { point: 'a value of another type says nothing', file: condition, from: 'tests.push(typeof value === typeof condition.eq ? value === condition.eq : undefined);', to: 'tests.push(typeof value === typeof condition.eq ? value === condition.eq : false);', tests: 'leaks/12|policy/condition' },
  { point: 'two transforms on one column', file: 'policy/columns.js', from: "return signature(a) === signature(b) ? a : { kind: 'null' };", to: 'return b;' },
  { point: 'deny over other transforms', file: 'policy/columns.js', from: "return a.kind === 'deny' ? a : b;", to: "return a.kind === 'deny' ? b : a;", tests: 'policy/decide' },
  { point: 'a transform that does not fit the column withholds it', file: 'policy/columnAccess.js', from: "if (transforms(transform, column) !== undefined)\n        return { kind: 'withheld' };", to: "if (transforms(transform, column) !== undefined)\n        return plain;", tests: 'leaks/12' },
  { point: 'hashes that are not computed', file: 'policy/columnAccess.js', from: "return { kind: 'withheld', reason: 'The pseudonyms", to: "return { kind: 'plain', reason: 'The pseudonyms", tests: 'leaks/12|sources/transforms' },
  { point: 'the row predicate of the relation', file: relation, from: 'where ${predicateSql(relation.rows, context)}) ${alias}', to: ') ${alias}' },
  { point: 'the relation is not the table itself where cells are transformed', file: relation, from: '&& table.columns.every((column) => relation.access(column).kind === \'plain\');', to: ';' },
  { point: 'cells read as null', file: 'sources/sql/transform.js', from: "case 'null': return dialect.null(columnSqlType(column));", to: "case 'null': return sql;" },
  { point: 'cells masked', file: 'sources/sql/transform.js', from: "case 'mask': return maskSql(access, sql, writer);", to: "case 'mask': return sql;" },
  { point: 'a mask that would show the whole', file: 'sources/sql/transform.js', from: 'when length(${sql}) <= ${keepStart + keepEnd} then ${cover} else', to: 'else' },
  { point: 'cells hashed', file: 'sources/sql/transform.js', from: "case 'hash': return `${row}.${hashColumn(column)}`;", to: "case 'hash': return sql;" },
  { point: 'numbers rounded and binned', file: 'sources/sql/transform.js', from: "return dialect.transforms?.step(access.kind, column.kind, access.step, sql)", to: 'return sql' },
  { point: 'dates generalised', file: 'sources/sql/transform.js', from: 'return dialect.transforms?.period(column.kind, access.to, sql)', to: 'return sql' },
  { point: 'places made coarse', file: 'sources/sql/transform.js', from: 'return dialect.transforms?.place(access.degrees, sql)', to: 'return sql' },
  { point: 'the clock at the root', file: 'sources/sql/compile.js', from: 'const opens = compiler.opens(root.level.at, undefined);', to: 'const opens = [];', tests: 'leaks/05|policy/grants' },
  { point: 'the clock below a row', file: 'sources/sql/compile.js', from: 'if (opens.length === 0)\n            return undefined;\n        this.linkedOpens', to: 'if (true)\n            return undefined;\n        this.linkedOpens', tests: 'leaks/05|policy/grants' },
  { point: 'the clock in a filter over a link', file: 'sources/sql/compile.js', from: 'return opens.length === 0 ? undefined : this.tests(opens).join', to: 'return true ? undefined : this.tests(opens).join', tests: 'leaks/05' },
  { point: 'ids only by a key that is shown', file: 'sources/sql/compile.js', from: "if (key.length === 0 || key.some((c) => relation.access(c).kind !== 'plain'))", to: 'if (key.length === 0)', tests: 'leaks/02' },
  { point: 'row numbers in ids are encrypted', file: 'sources/sql/sqlSource.js', from: 'return this.codec.rowNumbers.encode(tables[Number(number)], hex);', to: 'return hex;', tests: 'leaks/02' },
  { point: 'ids of rows are authenticated', file: 'plan/rowNumber.js', from: 'return block.readBigUInt64BE(8) === 0n ? String(block.readBigUInt64BE()) : undefined;', to: 'return String(block.readBigUInt64BE() % 8n);', tests: 'leaks/02' },
  { point: 'cursors belong to a question', file: 'plan/cursor.js', from: 'if (!timingSafeEqual(mark(key, body, context), iv))', to: 'if (false)', tests: 'leaks/02' },
  { point: 'cursors are encrypted', file: 'plan/cursor.js', from: "return Buffer.concat([Buffer.of(name.length), name, iv, cipher.update(body, 'utf8'), cipher.final()]).toString('base64url');", to: "return Buffer.concat([Buffer.of(name.length), name, iv, Buffer.from(body, 'utf8')]).toString('base64url');", tests: 'leaks/02' },
  { point: 'cursors tell no row number by their length', file: 'plan/cursor.js', from: "return body + ' '.repeat(Math.max(0, 20 - (last?.length ?? 0)));", to: 'return body;', tests: 'leaks/02' },
  { point: 'the visible set', file: 'policy/visible.js', from: 'if (dataset.listed)\n        return true;', to: 'return true;', tests: 'leaks/09' },
  { point: 'a schema for each visible set', file: 'policy/visible.js', from: '${snapshot.revision}:${unlisted.sort().join(\',\')}', to: '${snapshot.revision}', tests: 'leaks/11' },
  { point: 'counts of rows in descriptions', file: 'graphql/static/types/tableType.js', from: 'return toldRowCount(this.dataset, this.table, context);', to: 'return this.table.rows;', tests: 'leaks/03' },
  { point: 'rows of a source elsewhere', file: 'federation/remoteRows.js', from: 'if (!all && evaluate(rows, row, bindings) !== true)', to: 'if (false)', tests: 'leaks/13' },
  { point: 'a hidden record of a source is told like a missing one', file: 'federation/remoteLevel.js', from: 'if (!seen)\n                unknown.push(id);', to: 'if (!seen)\n                continue;', tests: 'leaks/13' },
  { point: 'counts of a source elsewhere', file: 'federation/remoteLevel.js', from: 'const counted = kept.length === 0 && !hides ? total : undefined;', to: 'const counted = total;', tests: 'leaks/05|federation/federation' },
  { point: 'expired tokens: questions and sockets', file: 'server/webSocket.js', from: 'closeAt(context.extra, identity.expiresAt);', to: 'void 0;', tests: 'leaks/10' },
];
