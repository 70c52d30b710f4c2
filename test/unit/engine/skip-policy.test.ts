/** Kinds of errors, and what may be skipped. */
import { expect, test } from 'vitest';
import { isOfKind, isSkippable, requireWithinLimit } from '../../../src/engine/skip-policy.ts';
import { SettleError } from '../../../src/errors.ts';

const tooLong = Object.assign(new Error('Data too long'), { errno: 1406, code: 'ER_DATA_TOO_LONG' });
const deadlock = Object.assign(new Error('Deadlock found'), { errno: 1213, code: 'ER_LOCK_DEADLOCK' });

test('a kind is a class, a code, a name, or `data`', () => {
  expect(isOfKind(new RangeError('x'), [TypeError, RangeError])).toBe(true);
  expect(isOfKind(new RangeError('x'), ['RangeError'])).toBe(true);
  expect(isOfKind(new SettleError('BAD_LINE', 1, 'x'), ['BAD_LINE'])).toBe(true);
  expect(isOfKind(tooLong, ['data'])).toBe(true);
  expect(isOfKind(new Error('x'), ['data', 'BAD_LINE', TypeError])).toBe(false);
  expect(isOfKind('thrown text', ['Error'])).toBe(false);
});

test('what is transient is never skipped', () => {
  expect(isSkippable(deadlock, { limit: 9, on: [Error] })).toBe(false);
  expect(isSkippable(tooLong, { limit: 9, on: [Error] })).toBe(true);
  expect(isSkippable(tooLong, undefined)).toBe(false);
});

test('the limit is the last number that is allowed', () => {
  const policy = { limit: 2, on: [] };
  requireWithinLimit(policy, 2);
  expect(() => requireWithinLimit(policy, 3, 'Data too long')).toThrow(
    '3 records would have been skipped, and the skip limit is 2; the last one: Data too long',
  );
});
