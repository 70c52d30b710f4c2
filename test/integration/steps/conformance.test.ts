/**
 * The conformance cases of the engine, by their numbers: items 1 to 5 and a chunk size of 2 unless a case says
 * otherwise. Case 18 is in double-start.test.ts, 19 in ../daily/crash.test.ts and ../jobs/import-crash.test.ts, 20 in
 * faults.test.ts.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SettleError } from '../../../src/errors.ts';
import { listPartitions } from '../../../src/repository/partition.ts';
import { listSkipped } from '../../../src/repository/skipped.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import type { StepExecution } from '../../../src/repository/types.ts';
import type { JobRunResult } from '../../../src/steps/run-job.ts';
import { testDatabases } from '../../support/databases.ts';
import {
  type ItemOptions,
  type ItemsBench,
  itemsJob,
  itemsStep,
  openItemsBench,
  tasklet,
} from '../../support/items-job.ts';
import { numbers, type ToyOptions, toyJob, toyOutput } from '../../support/toy/toy-job.ts';

class BadItem extends Error {}

/** Throws when one of the items is bad. */
function badItems(...bad: number[]) {
  return (items: number | readonly number[]) => {
    const found = [items].flat().find((item) => bad.includes(item));
    if (found !== undefined) throw new BadItem(`item ${found} is bad`);
  };
}

const skipUpTo = (limit: number) => ({ limit, on: [BadItem] });

describe.each(testDatabases())('conformance on $name', ({ name }) => {
  let bench: ItemsBench;
  beforeEach(async () => {
    bench = await openItemsBench(name);
  });
  afterEach(() => bench.drop());

  const stepsOf = ({ execution }: JobRunResult) => listStepExecutions(bench.database, execution.id);
  /** Runs the items and expects a status, the counts of the one step, and what is written in the end. */
  async function expectRun(options: ItemOptions, outcome: string, counts: Partial<StepExecution>, output: number[]) {
    const result = await bench.start(itemsJob(itemsStep(options)));
    expect(result.outcome).toBe(outcome);
    expect(await stepsOf(result)).toMatchObject([counts]);
    expect(await bench.output()).toEqual(output);
    return result;
  }
  const skippedOf = async ({ execution }: JobRunResult) =>
    (await listSkipped(bench.database.knex, execution.id, { limit: 100 })).map(({ phase, payload, error }) => [
      phase,
      payload,
      error,
    ]);

  test('case 1: five good items', async () => {
    const counts = { status: 'COMPLETED', readCount: 5, writeCount: 5, commitCount: 3, rollbackCount: 0 } as const;
    await expectRun({}, 'completed', counts, [1, 2, 3, 4, 5]);
  });

  test('case 2: reading item 2 fails, skippable', async () => {
    const counts = { readCount: 4, readSkipCount: 1, rollbackCount: 0, writeCount: 4 };
    const result = await expectRun(
      { onRead: badItems(2), skip: skipUpTo(1) },
      'completed-with-skips',
      counts,
      [1, 3, 4, 5],
    );
    expect(result.exitCode).toBe(3);
    expect(await skippedOf(result)).toEqual([['read', '', 'item 2 is bad']]);
  });

  test('case 2, at the end: reading the last item fails, skippable', async () => {
    const counts = { readCount: 4, readSkipCount: 1, rollbackCount: 0, status: 'COMPLETED' } as const;
    const result = await expectRun(
      { onRead: badItems(5), skip: skipUpTo(1) },
      'completed-with-skips',
      counts,
      [1, 2, 3, 4],
    );
    expect(await skippedOf(result)).toEqual([['read', '', 'item 5 is bad']]);
  });

  test('case 3: processing item 4 fails, skippable', async () => {
    const bad = badItems(4);
    const process = (item: number) => {
      bad(item);
      return item;
    };
    const counts = { readCount: 5, processSkipCount: 1, writeCount: 4, rollbackCount: 0 };
    const result = await expectRun({ process, skip: skipUpTo(1) }, 'completed-with-skips', counts, [1, 2, 3, 5]);
    expect(await skippedOf(result)).toEqual([['process', '4', 'item 4 is bad']]);
  });

  test('case 4: the processor returns null for one', async () => {
    const process = (item: number) => (item === 3 ? null : item);
    const counts = { readCount: 5, writeCount: 4, filterCount: 1, processSkipCount: 0, rollbackCount: 0 };
    await expectRun({ process }, 'completed', counts, [1, 2, 4, 5]);
  });

  test('case 5: writing item 4 fails, skippable', async () => {
    const counts = { readCount: 5, writeSkipCount: 1, writeCount: 4, status: 'COMPLETED' } as const;
    const result = await expectRun(
      { onWrite: badItems(4), skip: skipUpTo(1) },
      'completed-with-skips',
      counts,
      [1, 2, 3, 5],
    );
    expect(await skippedOf(result)).toEqual([['write', '4', 'item 4 is bad']]);
  });

  test('case 6: skip limit 1, reading 2 and writing 4 fail', async () => {
    const counts = { status: 'FAILED', readSkipCount: 1, processSkipCount: 0, writeSkipCount: 0 } as const;
    const result = await expectRun(
      { onRead: badItems(2), onWrite: badItems(4), skip: skipUpTo(1) },
      'failed',
      counts,
      [1, 3],
    );
    expect(result.error).toMatchObject({ code: 'SKIP_LIMIT', exitCode: 1 });
    expect(result.error?.message).toContain('the skip limit is 1; the last one: item 4 is bad');
    // The limit is that of the instance: a restart does not begin to count anew.
    expect(await bench.start(itemsJob(itemsStep({ onWrite: badItems(4), skip: skipUpTo(1) })))).toMatchObject({
      outcome: 'failed',
    });
    expect(await bench.start(itemsJob(itemsStep({ onWrite: badItems(4), skip: skipUpTo(2) })))).toMatchObject({
      outcome: 'completed-with-skips',
    });
    expect(await bench.output()).toEqual([1, 3, 5]);
  });

  test('case 7: a read error on the first item, not skippable, chunk 1', async () => {
    const options = { onRead: badItems(1), chunkSize: 1 };
    await expectRun(options, 'failed', { status: 'FAILED', readCount: 0, writeCount: 0 }, []);
  });

  test('case 8: the writer fails on 3 with retry allowed, then works', async () => {
    let failures = 0;
    const onWrite = (items: readonly number[]) => {
      if (items.includes(3) && failures++ < 2) throw new BadItem('not yet');
    };
    const retry = { limit: 3, on: [BadItem] };
    const counts = { status: 'COMPLETED', readCount: 4, writeCount: 4, commitCount: 2, rollbackCount: 2 } as const;
    await expectRun({ items: 4, onWrite, retry }, 'completed', counts, [1, 2, 3, 4]);
  });

  test('case 9: retry limit 4, the writer always fails', async () => {
    let attempts = 0;
    const onWrite = () => {
      attempts++;
      throw new BadItem('never');
    };
    const retry = { limit: 4, on: ['BadItem', BadItem] };
    await expectRun({ onWrite, retry }, 'failed', { status: 'FAILED', writeCount: 0, rollbackCount: 5 }, []);
    expect(attempts).toBe(5);
  });

  test('case 10: item 5 of six cannot be written, not skippable, chunk 3', async () => {
    const six = { items: 6, chunkSize: 3 };
    const failed = { status: 'FAILED', readCount: 3, writeCount: 3, rollbackCount: 1 } as const;
    const broken = new SettleError('UNWRITABLE', 20, 'item 5 cannot be written');
    const onWrite = (items: readonly number[]) => {
      if (items.includes(5)) throw broken;
    };
    const first = await expectRun({ ...six, onWrite }, 'failed', failed, [1, 2, 3]);
    expect(first).toMatchObject({ exitCode: 20, execution: { exitMessage: 'item 5 cannot be written' } });
    const second = await expectRun(six, 'completed', { readCount: 3, writeCount: 3 }, numbers(1, 6));
    expect(second.execution.jobInstanceId).toBe(first.execution.jobInstanceId);
  });

  test('case 10, in mid-scan: the restart writes exactly what is missing', async () => {
    const six = { items: 6, chunkSize: 3 };
    const onWrite = (items: readonly number[]) => {
      // The chunk makes it scan; alone, the item is an error that nothing may pass over.
      if (items.includes(5)) throw items.length > 1 ? new BadItem('one of them') : new TypeError('broken');
    };
    const counts = { status: 'FAILED', readCount: 4, writeCount: 4 } as const;
    await expectRun({ ...six, onWrite, skip: skipUpTo(3) }, 'failed', counts, [1, 2, 3, 4]);
    await expectRun(six, 'completed', { readCount: 2, writeCount: 2 }, numbers(1, 6));
  });

  test('case 11: six lines, two unparsable, one unwritable', async () => {
    const lines = { items: 6, onRead: badItems(2, 3), onWrite: badItems(5) };
    const limited = await bench.start(itemsJob(itemsStep({ ...lines, skip: skipUpTo(1) })));
    expect(limited).toMatchObject({ outcome: 'failed', error: { code: 'SKIP_LIMIT' } });
    await bench.database.knex('output').delete();
    const raw = { date: '2024-01-02' };
    const result = await bench.start(itemsJob(itemsStep({ ...lines, skip: skipUpTo(3) })), {}, raw);
    expect(result).toMatchObject({ outcome: 'completed-with-skips', exitCode: 3 });
    expect(await stepsOf(result)).toMatchObject([{ readCount: 4, writeCount: 3, readSkipCount: 2, writeSkipCount: 1 }]);
    expect(await bench.output()).toEqual([1, 4, 6]);
  });

  test('case 12: three items, all fail to write, skippable', async () => {
    const counts = { status: 'COMPLETED', readCount: 3, writeCount: 0, writeSkipCount: 3 } as const;
    const all = { items: 3, onWrite: badItems(1, 2, 3), skip: skipUpTo(3) };
    await expectRun(all, 'completed-with-skips', counts, []);
  });

  test('case 16: an interrupt between two chunks, and the restart', async () => {
    const stop = new AbortController();
    const onRead = (item: number) => {
      if (item === 3) stop.abort('SIGTERM');
    };
    const first = await bench.start(itemsJob(itemsStep({ onRead }), tasklet('after')), { signal: stop.signal });
    expect(first).toMatchObject({ outcome: 'stopped', exitCode: 143, execution: { status: 'STOPPED' } });
    expect(await stepsOf(first)).toMatchObject([{ status: 'STOPPED', writeCount: 4 }]);
    expect(await bench.start(itemsJob(itemsStep(), tasklet('after')))).toMatchObject({ outcome: 'completed' });
    expect(await bench.output()).toEqual([1, 2, 3, 4, 5]);
  });

  test('case 16, in mid-scan: a stop and a crash lose and repeat nothing', async () => {
    const stop = new AbortController();
    const options = { items: 6, chunkSize: 6, skip: skipUpTo(1) };
    const onWrite = (items: readonly number[]) => {
      if (items.length === 1 && items[0] === 2) stop.abort('SIGTERM');
      badItems(4)(items);
    };
    const first = await bench.start(itemsJob(itemsStep({ ...options, onWrite })), { signal: stop.signal });
    expect(first).toMatchObject({ outcome: 'stopped' });
    expect(await bench.output()).toEqual([1, 2]);
    const second = await bench.start(itemsJob(itemsStep({ ...options, onWrite: badItems(4) })));
    expect(await stepsOf(second)).toMatchObject([{ readCount: 4, writeCount: 3, writeSkipCount: 1 }]);
    expect(await bench.output()).toEqual([1, 2, 3, 5, 6]);
  });

  test('case 17: the start limit', async () => {
    const failing = tasklet('failing', async () => {
      throw new Error('always');
    });
    const limited = itemsJob({ ...failing, startLimit: 2 });
    expect(await bench.start(limited)).toMatchObject({ outcome: 'failed', error: { message: 'step failing: always' } });
    expect(await bench.start(limited)).toMatchObject({ outcome: 'failed', error: { message: 'step failing: always' } });
    const third = await bench.start(limited);
    expect(third).toMatchObject({ outcome: 'failed', error: { code: 'START_LIMIT' } });
    expect(third.error?.message).toContain('start limit');
    expect(await stepsOf(third)).toEqual([]);
  });

  describe('partitions', () => {
    beforeEach(async () => {
      await bench.database.knex.schema.createTable('toy_output', (table) => table.bigInteger('id').notNullable());
    });
    const start = (options: Partial<ToyOptions>, more = {}) =>
      bench.start(toyJob({ ids: 8, partitions: 2, chunkSize: 2, ...options }), { workers: 1, ...more });
    const rangesOf = async ({ execution }: JobRunResult) =>
      (await listPartitions(bench.database, execution.jobInstanceId)).map(({ minId, maxId }) => [minId, maxId]);

    test('case 13: eight items in two partitions, one partition fails', async () => {
      const first = await start({ shared: { failure: { atId: 6, kind: 'throw-in-write' } } });
      expect(first).toMatchObject({ outcome: 'failed', execution: { status: 'FAILED' } });
      expect(await toyOutput(bench.database)).toEqual(numbers(1, 4));
      const rows1 = await stepsOf(first);
      expect(rows1.map(({ stepName, status }) => [stepName, status])).toEqual([
        ['numbers', 'FAILED'],
        ['numbers:0', 'COMPLETED'],
        ['numbers:1', 'FAILED'],
      ]);
      const second = await start({});
      expect(second).toMatchObject({ outcome: 'completed' });
      expect(await toyOutput(bench.database)).toEqual(numbers(1, 8));
      expect((await stepsOf(second)).map(({ stepName, status }) => [stepName, status])).toEqual([
        ['numbers', 'COMPLETED'],
        ['numbers:1', 'COMPLETED'],
      ]);
    });

    test('case 14: grid size 2 in the first run, 3 asked for in the second', async () => {
      const first = await start({ shared: { failure: { atId: 8, kind: 'throw-in-read' } } }, { partitions: 2 });
      const frozen = await rangesOf(first);
      expect(frozen).toHaveLength(2);
      const second = await start({}, { partitions: 3 });
      expect(second).toMatchObject({ outcome: 'completed' });
      expect(await rangesOf(second)).toEqual(frozen);
      expect(await toyOutput(bench.database)).toEqual(numbers(1, 8));
    });

    test('case 15: a partition that throws while being planned', async () => {
      const plan = async () => {
        throw new Error('no plan');
      };
      const first = await start({ step: { plan } });
      expect(first).toMatchObject({ outcome: 'failed', execution: { status: 'FAILED' } });
      expect(await rangesOf(first)).toEqual([]);
      expect(await start({})).toMatchObject({ outcome: 'completed' });
      expect(await toyOutput(bench.database)).toEqual(numbers(1, 8));
    });
  });
});
