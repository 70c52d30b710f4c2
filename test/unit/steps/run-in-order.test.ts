import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runInOrder } from '../../../src/steps/run-in-order.ts';

const steps = ['beside', 'first', 'second'];

test('whatever fails: a step waits for the one before, and is held up exactly where that one did not complete it', async () => {
  const failure = fc.record({ at: fc.integer({ min: 0, max: 6 }), step: fc.constantFrom(...steps) });
  const delays = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 21, maxLength: 21 });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(failure, { maxLength: 2 }),
      delays,
      async (count, parallel, failures, delayMs) => {
        const completed: Set<string>[] = Array.from({ length: count }, () => new Set());
        const heldUp = new Map<number, string>();
        let running = 0;
        let most = 0;
        await runInOrder(
          count,
          {
            parallel,
            sideBySide: new Set(['beside']),
            signal: new AbortController().signal,
            onHeldUp: (at, step) => heldUp.set(at, step),
          },
          async (at, gate) => {
            most = Math.max(most, ++running);
            for (const [number, step] of steps.entries()) {
              if ((await gate(step, new AbortController().signal)) === 'stop') break;
              await sleep(delayMs[at * 3 + number]);
              if (step !== 'beside' && at > 0) expect(completed[at - 1]).toContain(step);
              if (failures.some((one) => one.at === at && one.step === step)) break;
              completed[at].add(step);
            }
            running--;
            return { isComplete: completed[at].size === 3, hasCompleted: async (step) => completed[at].has(step) };
          },
        );
        expect(most).toBeLessThanOrEqual(parallel);
        for (let at = 0; at < count; at++) {
          const own = failures.filter((one) => one.at === at).map(({ step }) => steps.indexOf(step));
          const stopsAt = steps.findIndex(
            (step, number) => own.includes(number) || (number > 0 && at > 0 && !completed[at - 1].has(step)),
          );
          const reached = stopsAt < 0 ? 3 : stopsAt;
          expect([...completed[at]]).toEqual(steps.slice(0, reached));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a stop ends the waiting, and nothing is started after it', async () => {
  const stop = new AbortController();
  const started: number[] = [];
  await runInOrder(
    3,
    { parallel: 2, sideBySide: new Set(), signal: stop.signal, onHeldUp: () => {} },
    async (at, gate) => {
      started.push(at);
      if (at === 0) await sleep(20).then(() => stop.abort());
      else expect(await gate('first', stop.signal)).toBe('stop');
      return { isComplete: false, hasCompleted: async () => false };
    },
  );
  expect(started).toEqual([0, 1]);
});
