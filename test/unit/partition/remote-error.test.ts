/** Errors that cross a thread boundary keep what decides about them. */
import { expect, test } from 'vitest';
import { classifyError } from '../../../src/database/errors.ts';
import { isSettleError, SettleError } from '../../../src/errors.ts';
import { fromRemoteError, toRemoteError } from '../../../src/partition/remote-error.ts';

const cross = (error: unknown) => fromRemoteError(structuredClone(toRemoteError(error)));

test('a SettleError with its cause', () => {
  const error = new SettleError('SOME', 20, 'broken', { hint: 'mend it', cause: new TypeError('inside') });
  const copy = cross(error);
  expect(isSettleError(copy)).toBe(true);
  expect(copy).toMatchObject({ code: 'SOME', exitCode: 20, message: 'broken', hint: 'mend it', stack: error.stack });
  expect(copy.cause).toMatchObject({ name: 'TypeError', message: 'inside' });
});

test('a driver error is sorted as before', () => {
  const deadlock = Object.assign(new Error('Deadlock found'), { errno: 1213, code: 'ER_LOCK_DEADLOCK' });
  expect(classifyError(cross(deadlock))).toBe('transient');
});

test('what is not an error, and a ring of causes', () => {
  expect(cross('just text')).toMatchObject({ message: 'just text' });
  const ring = new Error('ring');
  ring.cause = ring;
  expect(cross(ring)).toMatchObject({ message: 'ring' });
});
