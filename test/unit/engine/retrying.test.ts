/** Trying again: what is transient, when it ends, and that an open circuit ends it for everybody. */
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { isExhausted, isTransient, type Retrying, withRetry } from '../../../src/engine/retrying.ts';

const deadlock = () => Object.assign(new Error('Deadlock found'), { errno: 1213, code: 'ER_LOCK_DEADLOCK' });

function retrying(more: Partial<Retrying> = {}): Retrying {
  return {
    policy: { attemptsMax: 4, intervalMs: 1, intervalMsMax: 2, totalMsMax: 5_000 },
    circuit: { isOpen: false },
    isStopRequested: () => false,
    logger: pino({ level: 'silent' }),
    ...more,
  };
}

function failing(times: number, error: () => Error): { work: () => Promise<string>; calls: () => number } {
  let calls = 0;
  const work = async () => {
    if (++calls <= times) throw error();
    return 'done';
  };
  return { work, calls: () => calls };
}

test('a transient failure is tried again', async () => {
  const { work, calls } = failing(3, deadlock);
  expect(await withRetry(retrying(), work)).toBe('done');
  expect(calls()).toBe(4);
});

test('any other failure is not', async () => {
  const { work, calls } = failing(1, () => new TypeError('no'));
  await expect(withRetry(retrying(), work)).rejects.toThrow('no');
  expect(calls()).toBe(1);
});

test('what goes on failing ends, says how often it was tried, and opens the circuit', async () => {
  const all = retrying();
  const error = await withRetry(all, failing(9, deadlock).work).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'RETRIES_EXHAUSTED', exitCode: 1 });
  expect((error as Error).message).toContain('Deadlock found (tried 4 times in ');
  expect([isExhausted(error), isTransient(error)]).toEqual([true, false]);
  const { work, calls } = failing(1, deadlock);
  await expect(withRetry(all, work)).rejects.toThrow('tried once');
  expect(calls()).toBe(1);
});

test('a stop that is asked for shortens the wait', async () => {
  let isStopping = false;
  const slow = { attemptsMax: 9, intervalMs: 60_000, intervalMsMax: 60_000, totalMsMax: 120_000 };
  setTimeout(() => {
    isStopping = true;
  }, 20);
  const began = performance.now();
  const { work } = failing(1, deadlock);
  expect(await withRetry(retrying({ policy: slow, isStopRequested: () => isStopping }), work)).toBe('done');
  expect(performance.now() - began).toBeLessThan(5_000);
});
