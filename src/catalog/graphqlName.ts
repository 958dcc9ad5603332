import { DureError } from '../errors.js';
import { romanize } from './romanize.js';

/** Greek letters as laboratories use them in column names. */
const greek: Readonly<Record<string, string>> = {
  α: 'alpha', β: 'beta', γ: 'gamma', δ: 'delta', ε: 'epsilon', ζ: 'zeta', η: 'eta', θ: 'theta', ι: 'iota', κ: 'kappa', λ: 'lambda', μ: 'mu',
  ν: 'nu', ξ: 'xi', ο: 'omicron', π: 'pi', ρ: 'rho', σ: 'sigma', ς: 'sigma', τ: 'tau', υ: 'upsilon', φ: 'phi', χ: 'chi', ψ: 'psi', ω: 'omega',
};

/**
 * camelCase ASCII of a package's name: `melting_point` → `meltingPoint`, `CAS` → `cas`, `임계온도` → `imgyeondo`, `2theta` → `n2theta`.
 * Never begins with an underscore: those are Dure's own (`_about`) and GraphQL's (`__typename`).
 * @throws DureError INVALID_PACKAGE when no letter or digit is left.
 */
export function graphqlName(name: string): string {
  const latin = romanize(name.normalize('NFC'))
    .normalize('NFKD')
    .replace(/\p{Diacritic}/gu, '')
    .replace(/[α-ω]/gi, (letter) => ` ${greek[letter.toLowerCase()] ?? ''} `);
  const words = latin.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  if (words.length === 0) {
    throw new DureError('INVALID_PACKAGE', `No GraphQL name can be made of “${name}”. Give it one by "dure:name" (a letter, then letters and digits).`, { name });
  }
  const camel = words.map((word, index) => (index === 0 ? lowerFirst(word) : upperFirst(settle(word)))).join('');
  return /^[0-9]/.test(camel) ? `n${camel}` : camel;
}

/** An all-capitals word is lowered, so that `MELTING_POINT` and `melting_point` are one name. */
function settle(word: string): string {
  return /[a-z]/.test(word) ? word : word.toLowerCase();
}

/** `CASNumber` → `casNumber`, `InChIKey` → `inChIKey`, `CAS` → `cas`. */
function lowerFirst(word: string): string {
  const capitals = /^[A-Z]+/.exec(word)?.[0].length ?? 0;
  if (capitals <= 1 || !/[a-z]/.test(word)) return settle(word).charAt(0).toLowerCase() + settle(word).slice(1);
  const head = /[a-z]/.test(word.charAt(capitals)) ? capitals - 1 : capitals;
  return word.slice(0, head).toLowerCase() + word.slice(head);
}

export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
