import { expect, test } from '@jest/globals';
import { shown } from '../../src/cli/terminal.js';

test('control sequences in what others wrote are made visible; lines, tabs, letters and our own redrawing stay', () => {
  expect(shown('t.csv:1:id: “ab\x1b[31mc\x1b]0;title\x07” is no integer\r\n')).toBe('t.csv:1:id: “ab␛[31mc␛]0;title␇” is no integer␍\n');
  expect(shown('\r\x1b[K3  RUNNING \x1b[2J')).toBe('\r\x1b[K3  RUNNING ␛[2J');
  expect(shown('가\tb\n\x9b31m\u202eevil')).toBe('가\tb\n\ufffd31m\ufffdevil');
});
