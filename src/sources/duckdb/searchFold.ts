/** Full text by folded words, as the functions of migration 0004 do it (docs/decisions/006). */

/** Scripts written without spaces. */
export const runs = '\\u0e00-\\u0eff\\u1000-\\u109f\\u1100-\\u11ff\\u1780-\\u17ff\\u2e80-\\u2fdf\\u3005-\\u3007\\u3021-\\u302f\\u3031-\\u303c\\u3041-\\u30fa\\u30fc-\\u9fff\\ua960-\\ua97f\\uac00-\\ud7ff\\uf900-\\ufaff\\u{20000}-\\u{323af}';
export const gaps = '\\u0001-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u00bf\\u00d7\\u00f7\\u055a-\\u055f\\u0589-\\u058a\\u05be\\u05f3-\\u05f4\\u060c\\u061b\\u061f\\u066a-\\u066d\\u06d4\\u0964-\\u0965\\u1680\\u2000-\\u206f\\u20a0-\\u20cf\\u2190-\\u2bff\\u2e00-\\u2e7f\\u3000-\\u3004\\u3008-\\u3020\\u3030\\u303d-\\u3040\\u30fb\\ufe10-\\ufe6f\\uff00-\\uffef';
const run = new RegExp(`[${runs}]+`, 'gu');
const gap = new RegExp(`[${gaps}]+`, 'gu');
const endsInRun = new RegExp(`[${runs}] $`, 'u');
const beginsWithRun = new RegExp(`^ [${runs}]`, 'u');
const beyondAscii = /[^\0-\x7f]/;

export function searchFold(value: string): string {
  const folded = beyondAscii.test(value)
    ? value.normalize('NFKD').replace(/[\u0300-\u036f]+/g, '').normalize('NFKC').toLowerCase().replaceAll('ß', 'ss').replaceAll('ς', 'σ').replace(run, ' $& ')
    : value.toLowerCase();
  return ` ${folded.replace(gap, ' ').replace(/^ +| +$/g, '')} `;
}

/** @param terms `+text` (must be in) or `-text` (must not), with `*` behind where the last word is only begun */
export function searchHolds(folded: string, terms: readonly (string | null)[]): boolean {
  return needles(terms).every(([wanted, needle]) => folded.includes(needle) === wanted);
}

const kept: { terms?: string; needles: readonly (readonly [boolean, string])[] } = { needles: [] };

/** The same question is asked of row after row. */
function needles(terms: readonly (string | null)[]): readonly (readonly [boolean, string])[] {
  const key = JSON.stringify(terms);
  if (kept.terms !== key) {
    kept.needles = terms.flatMap((term) => {
      let needle = searchFold((term ?? '').slice(1));
      if (term === null || needle.trim() === '') return [];
      if (term.endsWith('*') || endsInRun.test(needle)) needle = needle.replace(/ +$/, '');
      if (beginsWithRun.test(needle)) needle = needle.replace(/^ +/, '');
      return [[term.startsWith('+'), needle] as const];
    });
    kept.terms = key;
  }
  return kept.needles;
}
