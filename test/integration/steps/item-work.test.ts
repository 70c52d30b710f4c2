/** Items that wait for other machines; errors with step and item; and what the instance remembers of a killed execution. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Transaction } from '../../../src/database/database.ts';
import type { ExecutionContext } from '../../../src/engine/execution-context.ts';
import { listSkipped } from '../../../src/repository/skipped.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { type ItemListeners, type ItemStepOptions, itemStep } from '../../../src/steps/item-step.ts';
import { replaySkipped } from '../../../src/steps/replay.ts';
import { testDatabases } from '../../support/databases.ts';
import { type ItemsBench, itemsJob, openItemsBench } from '../../support/items-job.ts';
import { numbers } from '../../support/toy/toy-job.ts';

describe.each(testDatabases())('items that wait on $name', ({ name }) => {
  let bench: ItemsBench;
  beforeEach(async () => {
    bench = await openItemsBench(name);
  });
  afterEach(() => bench.drop());

  type Process = NonNullable<ReturnType<NonNullable<ItemStepOptions<number, number>['processor']>>['process']>;
  const job = (process: Process, more: Partial<ItemStepOptions<number, number>> & { readonly items?: number } = {}) => {
    const { items = 10, ...options } = more;
    return itemsJob(
      itemStep<number>({
        name: 'send',
        chunkSize: 4,
        keyOf: (item) => item,
        itemName: 'order',
        reader: () => {
          let next = 1;
          return {
            open: (context) => {
              next = Number(context.getLong('lastKey') ?? 0n) + 1;
            },
            read: () => (next > items ? undefined : next++),
            saveState: (context, last) => context.put('lastKey', BigInt(last)),
          };
        },
        processor: () => ({ process }),
        writer: () => ({
          write: async (batch, tx) => {
            await tx('output').insert(batch.map((id) => ({ id })));
          },
        }),
        ...options,
      }),
    );
  };

  test('a window of items is in work, over the end of a chunk, and results are committed in order', async () => {
    let inWork = 0;
    let inWorkMax = 0;
    const begun: number[] = [];
    const committed: number[][] = [];
    const first = Promise.withResolvers<void>();
    const process: Process = async (item) => {
      begun.push(item);
      inWorkMax = Math.max(inWorkMax, ++inWork);
      // The first item ends when one of the next chunk has begun: a barrier at the chunk would hang here.
      if (item === 1) await first.promise;
      if (item === 6) first.resolve();
      await sleep(item % 3);
      inWork--;
      return item % 5 === 0 ? undefined : item;
    };
    const writer = () => ({
      write: async (
        batch: readonly number[],
        tx: Parameters<ReturnType<ItemStepOptions<number, number>['writer']>['write']>[1],
      ) => {
        committed.push([...batch]);
        await tx('output').insert(batch.map((id) => ({ id })));
      },
    });
    const { outcome, execution } = await bench.start(job(process, { concurrency: 3, writer }));
    expect([outcome, execution.exitMessage]).toEqual(['completed', '']);
    expect(inWorkMax).toBe(3);
    expect(begun).toEqual(numbers(1, 10));
    expect(committed).toEqual([[1, 2, 3, 4], [6, 7, 8], [9]]);
  });

  test('with a window, errors are passed over and failures found in order, and a restart does the rest', async () => {
    let isBroken = true;
    const process: Process = async (item) => {
      await sleep(5 - (item % 5));
      if (item === 3) throw new RangeError('no such order');
      if (item === 7 && isBroken)
        throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
      return item;
    };
    const copy = () => job(process, { concurrency: 4, skip: { limit: 5, on: [RangeError] } });
    const failed = await bench.start(copy());
    expect(failed).toMatchObject({ outcome: 'failed', exitCode: 1, error: { code: 'STEP_FAILED' } });
    expect(failed.error?.message).toBe('step send, order 7: fetch failed (ECONNREFUSED)');
    expect(failed.error?.hint).not.toContain('report it');
    expect(await bench.output()).toEqual([1, 2, 4]);
    isBroken = false;
    // The record was skipped by the execution that failed: it is the instance that completes with skips.
    const completed = await bench.start(copy());
    expect(completed).toMatchObject({ outcome: 'completed-with-skips', exitCode: 3 });
    expect(await bench.output()).toEqual([1, 2, ...numbers(4, 10)]);
    const skipped = await listSkipped(bench.database.knex, completed.execution.id, { limit: 9 });
    expect(skipped.map(({ key, error, jobExecutionId }) => [key, error, jobExecutionId])).toEqual([
      ['3', 'no such order', failed.execution.id],
    ]);
    const repaired = job(async (item) => item, { fromPayload: Number });
    expect(await replaySkipped(bench.database, repaired, completed.execution)).toEqual({ replayed: 1, failed: [] });
    expect(await bench.output()).toEqual(numbers(1, 10));
  });

  test('retries of an item wait, and keep its key', async () => {
    const calls: [number, string, number][] = [];
    const process: Process = async (item, { attempt, key }) => {
      calls.push([attempt, key, performance.now()]);
      if (attempt < 4) throw new RangeError('busy');
      return item;
    };
    const retry = {
      limit: 3,
      on: [{ matches: (error: unknown) => error instanceof RangeError }],
      backOff: { firstMs: 40, maxMs: 40 },
    };
    expect(await bench.start(job(process, { items: 1, retry }))).toMatchObject({ outcome: 'completed' });
    expect(calls.map(([attempt, key]) => [attempt, key])).toEqual([1, 2, 3, 4].map((attempt) => [attempt, '1']));
    // Three waits of 0 to 40 ms: all of them below 1 ms has a chance of 1 in 64,000.
    expect(calls[3][2] - calls[0][2]).toBeGreaterThan(1);
  });

  test('an item that never answers fails by its time limit, and can be skipped for it', async () => {
    const hung = new Promise<never>(() => {});
    const process: Process = (item) => (item === 2 ? hung : item);
    const failed = await bench.start(job(process, { timeoutMs: 20 }));
    expect(failed.error?.message).toBe('step send, order 2: no answer within 20 ms');
    const skip = { limit: 1, on: ['TimeoutError'] };
    expect(await bench.start(job(process, { timeoutMs: 20, skip }))).toMatchObject({ outcome: 'completed-with-skips' });
    expect(await bench.output()).toEqual([1, ...numbers(3, 10)]);
  });

  test('no more attempts begin in a second than asked for', async () => {
    const startMs = performance.now();
    await bench.start(job((item) => item, { items: 5, ratePerSecond: 50, concurrency: 5 }));
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(79);
    expect(await bench.output()).toEqual(numbers(1, 5));
  });

  test.each([1, 3])(
    'a stop whose signal the work hands on is STOPPED, not failed, with %i in work',
    async (concurrency) => {
      const stop = new AbortController();
      const process: Process = async (item, { signal }) => {
        if (item === 6) stop.abort('SIGTERM');
        if (item >= 6 && stop.signal.aborted) {
          // As `fetch` does: it rejects with the signal's reason, and some wrap it.
          await new Promise((_resolve, reject) => {
            const fail = () => reject(new Error('request failed', { cause: signal.reason }));
            if (signal.aborted) fail();
            else signal.addEventListener('abort', fail);
          });
        }
        return item;
      };
      const skip = { limit: 9, on: [Error] };
      const stopped = await bench.start(job(process, { concurrency, skip, keyOf: undefined }), { signal: stop.signal });
      expect(stopped).toMatchObject({ outcome: 'stopped', exitCode: 143, execution: { status: 'STOPPED' } });
      expect(await bench.start(job((item) => item))).toMatchObject({ outcome: 'completed' });
      expect(await bench.output()).toEqual(numbers(1, 10));
    },
  );

  test('listeners are told of every item, error, retry and skip, and change nothing', async () => {
    const told: string[] = [];
    const tell = (text: string) => void told.push(text);
    let writes = 0;
    const itemListeners: ItemListeners<number> = {
      onRead: (item) => tell(`read ${item}`),
      onProcess: (item, result) => tell(`process ${item} ${result}`),
      onWrite: (items) => {
        tell(`write ${items.join()}`);
        throw new Error('a listener that fails is logged');
      },
      onError: ({ phase, key }) => tell(`error ${phase} ${key}`),
      onRetry: ({ phase, key, failures }) => tell(`retry ${phase} ${key} ${failures}`),
      onSkip: ({ phase, key }) => tell(`skip ${phase} ${key}`),
    };
    const process: Process = (item, { attempt }) => {
      if (item === 2 && attempt === 1) throw new RangeError('busy');
      if (item === 3) throw new TypeError('bad');
      return item * 10;
    };
    const writer = () => ({
      write: async () => {
        if (++writes === 1) throw new RangeError('busy');
      },
    });
    const policies = {
      retry: { limit: 1, on: [RangeError], backOff: { firstMs: 1 } },
      skip: { limit: 1, on: [TypeError] },
    };
    const ended = await bench.start(job(process, { items: 3, writer, itemListeners, ...policies }));
    expect(ended).toMatchObject({ outcome: 'completed-with-skips' });
    const chunk = [
      'read 1',
      'read 2',
      'read 3',
      'process 1 10',
      'retry process 2 1',
      'process 2 20',
      'error process 3',
    ];
    expect(told).toEqual([
      ...chunk,
      'error write undefined',
      'retry write undefined 1',
      ...chunk,
      'write 10,20',
      'skip process 3',
    ]);
  });

  test('an error that does not roll back leaves the chunk written, and is no failure', async () => {
    class Warning extends Error {}
    let warned = 0;
    const writer = () => ({
      write: async (batch: readonly number[], tx: Transaction) => {
        await tx('output').insert(batch.map((id) => ({ id })));
        warned++;
        throw new Warning('the partner is slow');
      },
    });
    const warning = job((item) => item, { writer, noRollback: [Warning], items: 5 });
    const { outcome, execution } = await bench.start(warning);
    expect([outcome, warned]).toEqual(['completed', 2]);
    expect(await bench.output()).toEqual(numbers(1, 5));
    const [step] = await listStepExecutions(bench.database, execution.id);
    expect(step).toMatchObject({ writeCount: 5, rollbackCount: 0, writeSkipCount: 0 });
  });

  test('a reader that gives committed items again after a restart is found out', async () => {
    let isBroken = true;
    const forgetful = (open?: 'keeps') => ({
      reader: () => {
        let next = 1;
        return {
          open: (context: ExecutionContext) => {
            if (open === 'keeps') next = Number(context.getLong('next') ?? 1n);
          },
          read: () => (next > 10 ? undefined : next++),
          // Of the item before the last one: it is given again.
          saveState: (context: ExecutionContext, last: number) => context.put('next', BigInt(last)),
        };
      },
    });
    const process: Process = (item) => {
      if (item === 6 && isBroken) throw new Error('broken');
      return item;
    };
    for (const [date, open, again] of [
      ['2024-01-02', undefined, 1],
      ['2024-01-03', 'keeps', 4],
    ] as const) {
      isBroken = true;
      expect(await bench.start(job(process, forgetful(open)), {}, { date })).toMatchObject({ outcome: 'failed' });
      isBroken = false;
      const { error } = await bench.start(job(process, forgetful(open)), {}, { date });
      expect(error).toMatchObject({ code: 'READER_REPEATS', exitCode: 2 });
      expect(error?.message).toBe(`step send: the reader gave item ${again} again, which is committed`);
    }
  });

  test.each([1, 2])(
    'more bad records in a row than a window holds lose nothing behind them, with %i in work',
    async (concurrency) => {
      const bad = new Set(numbers(2, 40));
      let isBroken = true;
      const reader = () => {
        let next = 1;
        return {
          open: (context: ExecutionContext) => {
            next = Number(context.getLong('lastKey') ?? 0n) + 1;
          },
          read: () => {
            if (next > 45) return undefined;
            const item = next++;
            if (bad.has(item) || item >= 43) throw Object.assign(new RangeError('bad'), { itemKey: item });
            return item;
          },
          saveState: (context: ExecutionContext, last: number) => context.put('lastKey', BigInt(last)),
        };
      };
      const writer = () => ({
        write: async (batch: readonly number[], tx: Transaction) => {
          await tx('output').insert(batch.map((id) => ({ id })));
        },
        finish: () => {
          if (isBroken) throw new Error('broken at the end');
        },
      });
      const skipping = () =>
        job((item) => item, { reader, writer, concurrency, chunkSize: 2, skip: { limit: 42, on: [RangeError] } });
      expect(await bench.start(skipping())).toMatchObject({ outcome: 'failed' });
      isBroken = false;
      // Those behind the last item are passed over by the commit that ends the step: once.
      const { outcome, execution } = await bench.start(skipping());
      expect(outcome).toBe('completed-with-skips');
      expect(await bench.output()).toEqual([1, 41, 42]);
      expect(await listSkipped(bench.database.knex, execution.id, { limit: 99 })).toHaveLength(42);
    },
  );

  test('a step of items takes what every step can have', async () => {
    const told: string[] = [];
    const decided = job((item) => item, {
      chunkSize: { firstRows: 2, rowsMax: 4 },
      next: [{ on: 'COMPLETED', to: 'end' }],
      bind: () => ({ startLimit: 1 }),
      listeners: { afterStep: (_context, { readCount }) => void told.push(`read ${readCount}`) },
    });
    const never = { kind: 'tasklet', name: 'never', run: async () => Promise.reject(new Error('never')) } as const;
    expect(await bench.start({ ...decided, steps: [...decided.steps, never] })).toMatchObject({ outcome: 'completed' });
    expect(told).toEqual(['read 10']);
  });
});
