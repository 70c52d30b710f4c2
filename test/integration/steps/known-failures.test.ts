/** What Spring Batch is known to get wrong, and must not go wrong here. Double starts are in double-start.test.ts. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { requestStop } from '../../../src/engine/operate.ts';
import { getJobExecution } from '../../../src/repository/job-execution.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { sampledDatabases, serverDatabases } from '../../support/databases.ts';
import { type ItemsBench, itemsJob, itemsStep, openItemsBench, tasklet } from '../../support/items-job.ts';
import { numbers, toyJob, toyOutput } from '../../support/toy/toy-job.ts';
import { startToyProcess } from '../../support/toy/toy-process.ts';

class BadItem extends Error {}

describe.each(sampledDatabases(import.meta.url))('Spring Batch’s known failures on $name', ({ name }) => {
  let bench: ItemsBench;
  beforeEach(async () => {
    bench = await openItemsBench(name);
    await bench.database.knex.schema.createTable('toy_output', (table) => table.bigInteger('id').notNullable());
  });
  afterEach(() => bench.drop());
  const statusOf = async (id: number) => (await getJobExecution(bench.database, id))?.status;

  test('a restart after a failed scan drops no item, wherever the scan failed', async () => {
    const options = { items: 12, chunkSize: 6, skip: { limit: 12, on: [BadItem] } };
    for (let bad = 1; bad <= 12; bad++) {
      await bench.database.knex('output').delete();
      const raw = { date: `2024-02-${String(bad).padStart(2, '0')}` };
      const onWrite = (items: readonly number[]) => {
        if (!items.includes(bad)) return;
        throw items.length > 1 ? new BadItem('one of them') : new TypeError('the scan fails too');
      };
      const failed = await bench.start(itemsJob(itemsStep({ ...options, onWrite })), {}, raw);
      expect(failed.outcome).toBe('failed');
      expect(await bench.output()).toEqual(numbers(1, bad - 1));
      const restarted = await bench.start(itemsJob(itemsStep(options)), {}, raw);
      expect(restarted.outcome).toBe('completed');
      expect(await bench.output()).toEqual(numbers(1, 12));
    }
  });

  test('no execution stays STARTED when its process is gone: the next start takes over', async () => {
    const toy = { ids: 12, partitions: 2, chunkSize: 2 };
    const victim = await startToyProcess(bench.url, { ...toy, workers: 2, shared: { delayMs: 40 } });
    victim.run();
    await victim.said('advanced');
    await victim.kill();
    expect(await statusOf(1)).toBe('STARTED');
    expect(await bench.start(toyJob(toy))).toMatchObject({ outcome: 'completed' });
    expect(await statusOf(1)).toBe('FAILED');
    const orphans = (await listStepExecutions(bench.database, 1)).filter(({ status }) => status === 'STARTED');
    expect(orphans).toEqual([]);
    expect(await toyOutput(bench.database)).toEqual(numbers(1, 12));
  });

  test('a partitioner that throws fails the step and the job', async () => {
    const plan = async () => {
      throw new Error('no plan');
    };
    const { execution } = await bench.start(toyJob({ ids: 4, partitions: 2, chunkSize: 2, step: { plan } }));
    expect(await statusOf(execution.id)).toBe('FAILED');
    expect(await listStepExecutions(bench.database, execution.id)).toMatchObject([{ status: 'FAILED' }]);
  });

  test('a stop that comes while the last work of a step is done is not overwritten by COMPLETED', async () => {
    const asksForStop = tasklet('ask', async ({ signal, jobExecutionId }) => {
      const other = await openDatabase(bench.url);
      await requestStop(other, jobExecutionId).finally(() => other.close());
      while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
      return undefined;
    });
    const first = await bench.start(itemsJob(itemsStep(), asksForStop, tasklet('never')), { leaseMs: 300 });
    expect(first).toMatchObject({ outcome: 'stopped', exitCode: 143 });
    expect(await statusOf(first.execution.id)).toBe('STOPPED');
    const steps = await listStepExecutions(bench.database, first.execution.id);
    expect(steps.map(({ stepName, status }) => [stepName, status])).toEqual([
      ['copy', 'COMPLETED'],
      ['ask', 'COMPLETED'],
    ]);
    expect(await bench.start(itemsJob(itemsStep(), tasklet('ask'), tasklet('never')))).toMatchObject({
      outcome: 'completed',
    });
  });
});

// SQLite has one writer, and so no deadlocks.
describe.each(serverDatabases())('Spring Batch’s known failures on $name', ({ name }) => {
  let bench: ItemsBench;
  beforeEach(async () => {
    bench = await openItemsBench(name);
    await bench.database.knex.schema.createTable('toy_output', (table) => table.bigInteger('id').notNullable());
  });
  afterEach(() => bench.drop());

  test('parallel writers of metadata do not deadlock each other out', async () => {
    const jobs = await Promise.all(
      numbers(1, 6).map(async (day) => {
        const database = await openDatabase(bench.url);
        const job = toyJob({ ids: 8, partitions: 4, chunkSize: 1 });
        return await runJob(database, job, { date: `2024-03-0${day}` }, { workers: 1 }).finally(() => database.close());
      }),
    );
    expect(jobs.map(({ outcome, error }) => error?.message ?? outcome)).toEqual(jobs.map(() => 'completed'));
    expect(await toyOutput(bench.database)).toHaveLength(48);
  });
});
