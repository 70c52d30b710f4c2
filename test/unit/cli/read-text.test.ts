/** Rate cards as editors save them: with a byte order mark, or in another encoding. */
import { expect, test } from 'vitest';
import { decodeText } from '../../../src/cli/read-text.ts';

test('a byte order mark is no part of the text', () => {
  expect(decodeText(Buffer.from('\ufeff{"name":"표"}'), 'card.json')).toBe('{"name":"표"}');
  expect(decodeText(Buffer.from('{}\n'), 'card.json')).toBe('{}\n');
});

test.each([
  ['UTF-16', Buffer.from('\ufeff{}', 'utf16le')],
  ['CP949', Buffer.from([0x22, 0xb0, 0xa1, 0x22])],
])('%s is refused in one line', (_what, content) => {
  expect(() => decodeText(content, 'card.json')).toThrow(
    expect.objectContaining({ exitCode: 2, message: 'card.json is not UTF-8' }),
  );
});
