/** Cells of a release, as they were made, and figures with noise. Of our own database only: `authorize` refuses both elsewhere. */
import type { Column } from '../../catalog/model.js';
import type { ReleaseCellItem, ReleaseItem, ReleasePlan } from '../../plan/release.js';
import type { TableAt } from '../../plan/link.js';
import type { NoisyUse } from '../../policy/noise.js';
import { releaseDigest } from '../../policy/release.js';
import type { Release } from '../../policy/rule.js';
import { literal, type StatementWriter } from './statement.js';

export function releaseSql({ items }: ReleasePlan, release: Release, { version, table }: TableAt, writer: StatementWriter): string {
  const { json } = writer.dialect;
  const text = (value: string): string => writer.parameter(() => value, 'text');
  const names = release.dimensions.map(({ column }) => column);
  const item = (part: ReleaseItem): string => {
    switch (part.kind) {
      case 'typename': return json.string(part.name);
      case 'id': return json.string(release.id);
      case 'state': return json.text(`coalesce(r.state, 'BEING_MADE')`);
      case 'minimumCell': return json.plain(String(release.minimumCell));
      case 'dimensions': return `${literal(JSON.stringify(names.map((name) => table.columns.find((column) => column.name === name)?.field ?? name)))}::json`;
      case 'cells': {
        const margin = names.filter((name) => part.by === undefined || part.by.some((column) => column.name === name));
        return `(select coalesce(json_agg(${json.object(part.items.map((cell) => [cell.key, cellItem(cell, writer)]))} order by c.n), '[]'::json) from json_array_elements(case when r.state = 'READY' then r.cells end) with ordinality c(v, n) where c.v->>'margin' = ${text(JSON.stringify(margin))})`;
      }
    }
  };
  const object = json.object(items.map((part) => [part.key, item(part)]));
  return `(select ${object} from (select 1) o left join dure.release r on r.version_id = ${writer.parameter(() => version.id, 'uuid')} and r.table_name = ${text(table.name)} and r.definition = ${text(releaseDigest(release))})`;
}

function cellItem(item: ReleaseCellItem, writer: StatementWriter): string {
  switch (item.kind) {
    case 'typename': return writer.dialect.json.string(item.name);
    case 'key': return `c.v->'key'`;
    case 'count': return `c.v->'count'`;
    case 'suppressed': return `(c.v->'count' is null)`;
    case 'sum': case 'mean': return `c.v->${writer.parameter(() => item.kind, 'text')}->${writer.parameter(() => item.column.name, 'text')}`;
  }
}

export interface NoisyContext {
  readonly writer: StatementWriter;
  /** `from … where …` of the rows that are counted, and how their columns are named. */
  readonly rows: () => { readonly from: string; readonly column: (column: Column) => string };
}

/** The noise comes with the bindings: it is known before the rows are. Without it there is no figure. */
export function noisySql(use: NoisyUse, { writer, rows }: NoisyContext): string {
  const { figure, contributor, bounds } = use;
  const number = (value: number): string => writer.parameter(() => String(value), 'numeric');
  const { from, column } = rows();
  const noise = writer.parameter((bindings) => bindings.noise?.(figure)?.toString() ?? null, 'int8');
  if (figure.kind === 'count' || !bounds) return writer.dialect.json.plain(`(select count(${contributor ? `distinct ${column(contributor)}` : '*'}) + ${noise} from ${from})`);
  const cell = column(figure.column);
  const units = `round(least(greatest(${cell}::numeric, ${number(-bounds.most)}), ${number(bounds.most)}) / ${number(bounds.step)})`;
  const present = `${from} and ${cell} is not null`;
  const each = contributor
    ? `select sum(${units}) as u from ${present} and ${column(contributor)} is not null group by ${column(contributor)}`
    : `select ${units} as u from ${present}`;
  const sum = `coalesce(sum(least(greatest(x.u, ${number(bounds.low)}), ${number(bounds.high)})), 0)`;
  return writer.dialect.json.column({ kind: 'float' }, `(select ((${sum} + ${noise}) * ${number(bounds.step)})::float8 from (${each}) x)`);
}
