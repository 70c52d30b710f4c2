/** The two columns of a context. */
import { expect, test } from 'vitest';
import { toColumns } from '../../../src/repository/execution-context.ts';

test('2500 characters fit into the short column', () => {
  const text = 'x'.repeat(2500);
  expect(toColumns(text)).toEqual({ SHORT_CONTEXT: text, SERIALIZED_CONTEXT: null });
});

test('one more goes to the long one, and its first 2492 stay', () => {
  const text = `${'x'.repeat(2492)}yyyyyyyyy`;
  expect(toColumns(text)).toEqual({ SHORT_CONTEXT: `${'x'.repeat(2492)} ...`, SERIALIZED_CONTEXT: text });
});

test('more than the column of a server holds is refused with a way out', () => {
  expect(() => toColumns('한'.repeat(22_000))).toThrow(expect.objectContaining({ code: 'CONTEXT_TOO_LARGE' }));
});
