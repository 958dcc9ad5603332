import type { ClientBase } from 'pg';
import type { TableDefinition } from '../catalog/model.js';
import { derivedTypeSuffixes, graphqlName, typeName } from '../catalog/naming.js';
import { DureError } from '../errors.js';

/**
 * Type names are the parts' names run together, so `a` + `b-c` and `a-b` + `c` would be one type. The later one is refused: names of types stay.
 * @throws DureError CONFLICT
 */
export async function refuseTypeCollision(client: ClientBase, organization: string, name: string, tables: readonly TableDefinition[]): Promise<void> {
  const base = typeName(graphqlName(organization), graphqlName(name));
  const own = [base, ...tables.map((table) => base + upper(table.field))];
  const { rows } = await client.query<{ organization: string; name: string | null; dataset_id: string | null }>(
    'select o.slug as organization, d.name, d.id as dataset_id from dure.organization o left join dure.dataset d on d.organization_id = o.id',
  );
  const others = rows.filter((row) => row.organization !== organization || row.name !== name);
  for (const other of others) {
    const organizationType = typeName(graphqlName(other.organization));
    if (collides(own, [organizationType])) throw collision(name);
    if (other.name === null) continue;
    const otherBase = typeName(graphqlName(other.organization), graphqlName(other.name));
    if (!otherBase.startsWith(base) && !base.startsWith(otherBase)) continue;
    const { rows: versions } = await client.query<{ field: string }>(
      `select t->>'field' as field from dure.dataset d join dure.version v on v.id = d.current_version_id cross join jsonb_array_elements(v.tables) t where d.id = $1`, [other.dataset_id],
    );
    if (collides(own, [otherBase, ...versions.map((row) => otherBase + upper(row.field))])) throw collision(name);
  }
}

function collides(own: readonly string[], theirs: readonly string[]): boolean {
  const taken = new Set(theirs);
  return own.some((type) => taken.has(type) || derivedTypeSuffixes.some((suffix) => taken.has(type + suffix) || (type.endsWith(suffix) && taken.has(type.slice(0, -suffix.length)))));
}

/** Does not name the other dataset: it may be one that the asker must not know of. */
function collision(name: string): DureError {
  return new DureError('CONFLICT', `Nothing was published. The name “${name}” (or one of its tables') gives a type in the GraphQL schema that another dataset or organization has already. Choose another name.`, { name });
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
