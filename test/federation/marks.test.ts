import { expect, test } from '@jest/globals';
import { fill, keysOf, markText, takeApart } from '../../src/federation/marks.js';

test('a text without marks is the text', () => {
  const apart = takeApart('{"a":"~b!1:61"}');
  expect(apart).toEqual({ pieces: ['{"a":"~b!1:61"}'], marks: [] });
  expect(keysOf([apart]).size).toBe(0);
  expect(fill(apart, () => 'never')).toBe('{"a":"~b!1:61"}');
});

test('marks side by side, at both ends, of several levels; each key once', () => {
  const [one, two] = [markText(0, '"P05067"'), markText(11, '["한글","\\"~!:"]')];
  const texts = [`${one}${one},{"a":${two}}`, `[${one},${markText(0, '7')}]${two}`].map(takeApart);
  expect([...keysOf(texts)].map(([number, keys]) => [number, [...keys]])).toEqual([[0, ['"P05067"', '7']], [11, ['["한글","\\"~!:"]']]]);
  const shown = ({ number, key }: { number: number; key: string }): string => `<${number} ${key}>`;
  expect(texts.map((text) => fill(text, shown))).toEqual(['<0 "P05067"><0 "P05067">,{"a":<11 ["한글","\\"~!:"]>}', '[<0 "P05067">,<0 7>]<11 ["한글","\\"~!:"]>']);
});

test('a key that its writer broke into lines', () => {
  expect(takeApart(`${markText(0, '["a",\n"b"]')}${markText(1, '2')}`).marks).toEqual([{ number: 0, key: '["a",\n"b"]' }, { number: 1, key: '2' }]);
});
