/** UniProt's query language, as much of it as a client writes: field:value, ranges, AND, OR, NOT, parentheses, bare words. */
import { structuresOf } from './facts/structures.js';
import type { Protein } from './facts/proteins.js';

type Test = (protein: Protein) => boolean;

export class QueryMistake extends Error {}

const words = (text: string): readonly string[] => text.toLowerCase().split(/[^\p{L}\p{N}-]+/u).filter((word) => word !== '');

/** All words of the value, in order, among the words of the text; `*` at the end of a word stands for its rest. */
function mentions(text: string, value: string): boolean {
  const wanted = words(value.replaceAll('*', '')).map((word) => ({ word, prefix: value.toLowerCase().includes(`${word}*`) }));
  const given = words(text);
  return given.some((_, start) => wanted.every(({ word, prefix }, i) => (prefix ? given[start + i]?.startsWith(word) : given[start + i] === word) === true));
}

function range(value: string, of: (protein: Protein) => number | undefined): Test {
  const bounds = /^\[(\*|\d+) TO (\*|\d+)\]$/.exec(value);
  const [low, high] = bounds ? [bounds[1] === '*' ? -Infinity : Number(bounds[1]), bounds[2] === '*' ? Infinity : Number(bounds[2])] : [Number(value), Number(value)];
  return (protein) => { const number = of(protein); return number !== undefined && number >= low && number <= high; };
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const fields: Readonly<Record<string, (value: string) => Test>> = {
  accession: (value) => (p) => same(p.accession, value),
  id: (value) => (p) => same(p.id, value),
  gene: (value) => (p) => mentions(p.gene, value),
  gene_exact: (value) => (p) => same(p.gene, value),
  protein_name: (value) => (p) => mentions(p.name, value),
  organism_name: (value) => (p) => mentions(p.organism, value),
  organism_id: (value) => (p) => String(p.taxon) === value,
  taxonomy_id: (value) => (p) => String(p.taxon) === value,
  reviewed: (value) => () => value === 'true',
  length: (value) => range(value, (p) => p.length),
  mass: (value) => range(value, (p) => p.mass),
  database: (value) => (p) => (same(value, 'pdb') ? structuresOf(p.accession).length > 0 : same(value, 'chembl') && p.chembl !== undefined),
};

export function readQuery(query: string): Test {
  const tokens = query.match(/\(|\)|[\w]+:(?:"[^"]*"|\[[^\]]*\]|[^\s()]+)|"[^"]*"|[^\s()]+/g) ?? [];
  let at = 0;
  const peek = (): string | undefined => tokens[at];

  function either(): Test {
    const parts = [both()];
    while (peek() === 'OR') { at += 1; parts.push(both()); }
    return (p) => parts.some((part) => part(p));
  }
  function both(): Test {
    const parts = [unary()];
    while (peek() !== undefined && peek() !== ')' && peek() !== 'OR') {
      if (peek() === 'AND') at += 1;
      parts.push(unary());
    }
    return (p) => parts.every((part) => part(p));
  }
  function unary(): Test {
    if (peek() === 'NOT') { at += 1; const inner = unary(); return (p) => !inner(p); }
    if (peek() === '(') {
      at += 1;
      const inner = either();
      if (peek() !== ')') throw new QueryMistake('query parameter has an invalid syntax');
      at += 1;
      return inner;
    }
    const token = tokens[at];
    if (token === undefined || token === ')') throw new QueryMistake('query parameter has an invalid syntax');
    at += 1;
    return term(token);
  }
  function term(token: string): Test {
    if (token === '*') return () => true;
    const split = /^(\w+):(.+)$/s.exec(token);
    if (!split) { const value = unquote(token); return (p) => mentions(`${p.accession} ${p.id} ${p.name} ${p.gene} ${p.organism}`, value); }
    const make = fields[split[1]!];
    if (!make) throw new QueryMistake(`'${split[1]}' is not a valid search field`);
    const value = unquote(split[2]!);
    return value === '*' ? () => true : make(value);
  }

  const test = either();
  if (at < tokens.length) throw new QueryMistake('query parameter has an invalid syntax');
  return test;
}

function unquote(text: string): string {
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
