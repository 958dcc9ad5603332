/**
 * Korean in Latin letters after the Revised Romanization of 2000, for names in GraphQL. Nouns are assumed (ㄱ, ㄷ, ㅂ before ㅎ stay `kh`, `th`, `ph`)
 * and exceptions that need a dictionary are not made: the same word always gives the same letters.
 */
const initials = ['g', 'kk', 'n', 'd', 'tt', 'r', 'm', 'b', 'pp', 's', 'ss', '', 'j', 'jj', 'ch', 'k', 't', 'p', 'h'];
const vowels = ['a', 'ae', 'ya', 'yae', 'eo', 'e', 'yeo', 'ye', 'o', 'wa', 'wae', 'oe', 'yo', 'u', 'wo', 'we', 'wi', 'yu', 'eu', 'ui', 'i'];

/** Each final: as it sounds before a pause or consonant, and as it sounds when a vowel follows. */
const finals: readonly (readonly [closed: string, open: string])[] = [
  ['', ''], ['k', 'g'], ['k', 'kk'], ['k', 'ks'], ['n', 'n'], ['n', 'nj'], ['n', 'n'], ['t', 'd'], ['l', 'r'], ['k', 'lg'],
  ['m', 'lm'], ['l', 'lb'], ['l', 'ls'], ['l', 'lt'], ['p', 'lp'], ['l', 'r'], ['m', 'm'], ['p', 'b'], ['p', 'ps'], ['t', 's'],
  ['t', 'ss'], ['ng', 'ng'], ['t', 'j'], ['t', 'ch'], ['k', 'k'], ['t', 't'], ['p', 'p'], ['t', ''],
];

const first = 0xac00;
const last = 0xd7a3;
const silentInitial = 11;
const vowelI = 20;
const finalD = 7;
const finalT = 25;
const finalH = 27;
/** ㅎ, ㄶ, ㅀ before ㄱ, ㄷ, ㅈ make them aspirated. */
const finalsWithH: ReadonlyMap<number, string> = new Map([[finalH, ''], [6, 'n'], [15, 'l']]);
const aspirated: Readonly<Record<string, string>> = { g: 'k', d: 't', j: 'ch' };
const nasal: Readonly<Record<string, string>> = { k: 'ng', t: 'n', p: 'm' };

interface Syllable { readonly initial: number; readonly vowel: number; readonly final: number }

export function romanize(text: string): string {
  const characters = [...text.normalize('NFC')];
  let result = '';
  let initial: string | undefined;
  characters.forEach((character, index) => {
    const syllable = decompose(character);
    if (!syllable) {
      result += character;
      initial = undefined;
      return;
    }
    result += (initial ?? initials[syllable.initial]!) + vowels[syllable.vowel]!;
    const next = decompose(characters[index + 1] ?? '');
    const [end, begin] = next ? join(syllable.final, next) : [finals[syllable.final]![0], undefined];
    result += end;
    initial = begin;
  });
  return result;
}

function decompose(character: string): Syllable | undefined {
  const code = character.charCodeAt(0);
  if (!(code >= first && code <= last)) return undefined;
  const index = code - first;
  return { initial: Math.floor(index / 588), vowel: Math.floor((index % 588) / 28), final: index % 28 };
}

/** How a final and the next syllable's initial sound together: what ends this syllable, what begins the next. */
function join(final: number, next: Syllable): readonly [end: string, begin: string] {
  const [closed, open] = finals[final]!;
  const initial = initials[next.initial]!;
  if (final === 0) return ['', initial];
  if (next.initial === silentInitial) {
    if (next.vowel === vowelI && final === finalD) return ['', 'j'];
    if (next.vowel === vowelI && final === finalT) return ['', 'ch'];
    return [open, ''];
  }
  const beforeH = finalsWithH.get(final);
  if (beforeH !== undefined && initial in aspirated) return [beforeH, aspirated[initial]!];
  if (initial === 'n' && closed === 'l') return ['l', 'l'];
  if (initial === 'r') {
    if (closed === 'n' || closed === 'l') return ['l', 'l'];
    return [nasal[closed] ?? closed, 'n'];
  }
  if (initial === 'n' || initial === 'm') return [nasal[closed] ?? closed, initial];
  return [closed, initial];
}
