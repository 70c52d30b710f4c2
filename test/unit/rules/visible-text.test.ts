import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visibleLine, visibleText } from '../../../src/rules/visible-text.ts';

test.each([
  ['\u001b[2J', '\\u001b[2J'],
  ['\u009b31m', '\\u009b31m'],
  ['abc\rdef', 'abc\\u000ddef'],
  ['a\u202egpj.exe', 'a\\u202egpj.exe'],
  ['\u2066x\u2069', '\\u2066x\\u2069'],
  ['line\u2028separator', 'line\\u2028separator'],
  ['\u0007\u0008\u007f\u0085', '\\u0007\\u0008\\u007f\\u0085'],
  ['한국어 ünï 😀 \u200d', '한국어 ünï 😀 \u200d'],
])('%j is shown as %j', (text, shown) => {
  expect(visibleText(text)).toBe(shown);
  expect(visibleLine(text)).toBe(shown);
});

test('lines stay lines, unless it is one line that is shown', () => {
  expect(visibleText('a\n\tb')).toBe('a\n\tb');
  expect(visibleLine('a\n\tb')).toBe('a\\n\\tb');
});

test('JSON says the same afterwards', () => {
  const property = fc.property(fc.json({ stringUnit: 'binary', maxDepth: 1 }), (json) => {
    const shown = visibleText(json);
    expect(JSON.parse(shown)).toEqual(JSON.parse(json));
    expect(shown).toMatch(/^[^\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]*$/u);
  });
  fc.assert(property, { seed: 1, numRuns: 50 });
});
