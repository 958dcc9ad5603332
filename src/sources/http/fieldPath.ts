/** Paths into an answer: `genes.geneName.value`, `refs[database=PDB].id`. Lists on the way are gone through. */

interface Step { readonly name: string; readonly where?: { readonly name: string; readonly value: string } }

export interface FieldPath {
  readonly text: string;
  /** The first name, by which sources usually call the field. */
  readonly head: string;
  /** Every value at the path, in order; missing ones are left out. */
  all(value: unknown): readonly unknown[];
  /** The first one. */
  first(value: unknown): unknown;
  /** What stands at the path itself, lists not gone through; undefined where a name on the way is missing. */
  at(value: unknown): unknown;
}

const step = /^([A-Za-z_$@][\w$@:-]*)(?:\[([\w.-]+)=([^\]]*)\])?$/;

/** Undefined where the text is no path. The empty text is the value itself. */
export function fieldPath(text: string): FieldPath | undefined {
  const steps: Step[] = [];
  for (const part of text === '' ? [] : splitPath(text)) {
    const match = step.exec(part);
    if (!match) return undefined;
    steps.push({ name: match[1]!, ...(match[2] !== undefined && { where: { name: match[2], value: match[3]! } }) });
  }
  const all = (value: unknown): unknown[] => {
    const found: unknown[] = [];
    walk(value, steps, 0, (one) => { found.push(one); return false; });
    return found;
  };
  return {
    text,
    head: steps[0]?.name ?? '',
    all,
    first: (value) => {
      let found: unknown;
      walk(value, steps, 0, (one) => { found = one; return true; });
      return found;
    },
    at: (value) => steps.reduce<unknown>((current, { name }) => (isObject(current) ? current[name] : undefined), value),
  };
}

/** Dots within brackets belong to a value. */
function splitPath(text: string): string[] {
  const parts = [''];
  let within = false;
  for (const character of text) {
    if (character === '[') within = true;
    if (character === ']') within = false;
    if (character === '.' && !within) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** Depth first; stops when `found` says so. */
function walk(value: unknown, steps: readonly Step[], index: number, found: (value: unknown) => boolean): boolean {
  if (value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.some((member) => walk(member, steps, index, found));
  const next = steps[index];
  if (!next) return found(value);
  if (!isObject(value) || !Object.hasOwn(value, next.name)) return false;
  const inner = value[next.name];
  const { where } = next;
  if (!where) return walk(inner, steps, index + 1, found);
  const members = Array.isArray(inner) ? inner : [inner];
  return members.some((member) => isObject(member) && String(member[where.name]) === where.value && walk(member, steps, index + 1, found));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
