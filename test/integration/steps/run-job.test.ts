/** Jobs in this thread: conformance cases of docs/engine.md, restarts, revisions, contexts, what is stored. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database, Transaction } from '../../../src/database/database.ts';
import { migrate } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { deserialiseContext } from '../../../src/engine/execution-context.ts';
import type { JobDefinition } from '../../../src/engine/job.ts';
import { abandonExecution, requestStop } from '../../../src/engine/operate.ts';
import type { Step, StepContext } from '../../../src/engine/step.ts';
import { SettleError } from '../../../src/errors.ts';
import { getJobContext, getStepContext } from '../../../src/repository/execution-context.ts';
import { getJobExecution, lastJobExecution, listJobExecutions } from '../../../src/repository/job-execution.ts';
import { listJobParameters } from '../../../src/repository/job-parameters.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { type ItemProcessor, itemStep } from '../../../src/steps/item-step.ts';
import { type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import { freshDatabase, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { numbers } from '../../support/toy/toy-job.ts';

interface ItemOptions {
  readonly items?: number;
  readonly chunkSize?: number;
  readonly process?: ItemProcessor<number, number>['process'];
  /** Called before the items are written. */
  readonly beforeWrite?: (items: readonly number[]) => void;
  readonly onRead?: (item: number) => void;
  readonly step?: Partial<Step>;
}

/** Items 1 to N into the table `output`. */
function itemsStep({ items = 5, chunkSize = 2, process, beforeWrite, onRead, step }: ItemOptions): Step {
  let next = 1;
  const chunks = itemStep<number>({
    name: 'copy',
    chunkSize,
    totalExpected: async () => items,
    reader: () => ({
      open: (context) => {
        next = Number(context.getLong('lastKey') ?? 0n) + 1;
      },
      read: () => {
        if (next > items) return undefined;
        onRead?.(next);
        return next++;
      },
      saveState: (context, last) => context.put('lastKey', BigInt(last)),
    }),
    processor: process === undefined ? undefined : () => ({ process }),
    writer: () => ({
      write: async (batch: readonly number[], tx: Transaction) => {
        await tx('output').insert(batch.map((id) => ({ id })));
        beforeWrite?.(batch);
      },
    }),
  });
  return { ...chunks, ...step } as Step;
}

function job(...steps: Step[]): JobDefinition {
  return {
    name: 'items',
    description: 'copies items',
    parameters: [
      { name: 'date', type: 'date', identifying: true, required: true, description: 'any date' },
      { name: 'note', type: 'string', identifying: false, required: false, description: 'any text' },
    ],
    steps,
  };
}

function tasklet(name: string, run: (context: StepContext) => Promise<undefined> = async () => undefined): Step {
  return { kind: 'tasklet', name, run };
}

describe.each(testDatabases())('runJob on $name', ({ name }) => {
  let place: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    place = await freshDatabase(name);
    database = await openDatabase(place.url);
    await migrate(database);
    await database.knex.schema.createTable('output', (table) => table.bigInteger('id').notNullable());
  });
  afterEach(async () => {
    await database.close();
    await place.drop();
  });

  const start = (definition: JobDefinition, options: RunJobOptions = {}, raw = {}) =>
    runJob(database, definition, { date: '2024-01-01', ...raw }, options);
  const output = async () => (await database.knex('output').orderBy('id').pluck('id')).map(Number);
  const stepsOf = ({ id }: { id: number }) => listStepExecutions(database, id);

  // Conformance case 1.
  test('five good items', async () => {
    const { execution, ...result } = await start(job(itemsStep({})));
    expect(result).toEqual({ outcome: 'completed', exitCode: 0 });
    expect(await output()).toEqual(numbers(1, 5));
    expect(await stepsOf(execution)).toMatchObject([
      { status: 'COMPLETED', readCount: 5, writeCount: 5, commitCount: 3, rollbackCount: 0, filterCount: 0 },
    ]);
    expect(await getJobExecution(database, execution.id)).toEqual(execution);
    expect(execution).toMatchObject({ status: 'COMPLETED', exitCode: 'COMPLETED', jobName: 'items' });
    expect(await database.knex('settle_lease')).toEqual([]);
  });

  // Conformance case 4.
  test('an item that the processor filters', async () => {
    const { execution } = await start(job(itemsStep({ process: (item) => (item === 3 ? null : item) })));
    expect(await stepsOf(execution)).toMatchObject([
      { readCount: 5, writeCount: 4, filterCount: 1, processSkipCount: 0, rollbackCount: 0 },
    ]);
    expect(await output()).toEqual([1, 2, 4, 5]);
  });

  // Conformance case 7.
  test('an error of the first read', async () => {
    const onRead = () => {
      throw new Error('no first item');
    };
    const { execution, outcome } = await start(job(itemsStep({ onRead, chunkSize: 1 })));
    expect(outcome).toBe('failed');
    expect(await stepsOf(execution)).toMatchObject([{ status: 'FAILED', readCount: 0, writeCount: 0 }]);
  });

  // Conformance case 10, first part.
  test('a write that fails loses its chunk only, and a restart does the rest', async () => {
    const beforeWrite = (items: readonly number[]) => {
      if (items.includes(5)) throw new SettleError('UNWRITABLE', 20, 'item 5 cannot be written');
    };
    const six = { items: 6, chunkSize: 3 };
    const first = await start(job(itemsStep({ ...six, beforeWrite })));
    expect(first).toMatchObject({ outcome: 'failed', exitCode: 20 });
    expect(first.execution).toMatchObject({ status: 'FAILED', exitMessage: 'item 5 cannot be written' });
    expect(await output()).toEqual([1, 2, 3]);
    expect(await stepsOf(first.execution)).toMatchObject([{ readCount: 3, writeCount: 3, rollbackCount: 1 }]);

    const second = await start(job(itemsStep(six)));
    expect(second).toMatchObject({ outcome: 'completed', exitCode: 0 });
    expect(await output()).toEqual(numbers(1, 6));
    expect(await stepsOf(second.execution)).toMatchObject([{ readCount: 3, writeCount: 3, commitCount: 1 }]);
    expect(second.execution.jobInstanceId).toBe(first.execution.jobInstanceId);
  });

  // Conformance case 16.
  test('a stop between two chunks, and the restart', async () => {
    const stop = new AbortController();
    const onRead = (item: number) => {
      if (item === 3) stop.abort('SIGTERM');
    };
    const first = await start(job(itemsStep({ onRead }), tasklet('after')), { signal: stop.signal });
    expect(first).toMatchObject({ outcome: 'stopped', exitCode: 143, execution: { status: 'STOPPED' } });
    expect(await stepsOf(first.execution)).toMatchObject([{ status: 'STOPPED', writeCount: 4 }]);
    expect(await start(job(itemsStep({}), tasklet('after')))).toMatchObject({ outcome: 'completed' });
    expect(await output()).toEqual(numbers(1, 5));
  });

  test('a stop that was asked for in the database', async () => {
    let asked = false;
    const long = tasklet('long', async ({ signal, jobExecutionId }) => {
      await requestStop(database, jobExecutionId);
      asked = true;
      while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
      signal.throwIfAborted();
      return undefined;
    });
    const result = await start(job(long), { leaseMs: 300 });
    expect(asked).toBe(true);
    expect(result).toMatchObject({ outcome: 'stopped', exitCode: 143, execution: { status: 'STOPPED' } });
    expect(await getJobExecution(database, result.execution.id)).toEqual(result.execution);
    await expect(requestStop(database, result.execution.id)).rejects.toThrow('is not running: it is STOPPED');
  });

  // Conformance case 17.
  test('a step that was started as often as it may', async () => {
    const failing = tasklet('failing', async () => {
      throw new Error('always');
    });
    const limited = job({ ...failing, startLimit: 2 });
    expect(await start(limited)).toMatchObject({ outcome: 'failed', error: { message: 'always' } });
    expect(await start(limited)).toMatchObject({ outcome: 'failed', error: { message: 'always' } });
    const third = await start(limited);
    expect(third).toMatchObject({ outcome: 'failed', error: { code: 'START_LIMIT' } });
    expect(third.error?.message).toContain('start limit');
    expect(await stepsOf(third.execution)).toEqual([]);
  });

  test('completed steps are passed over on restart, unless they want to run again', async () => {
    const runs: string[] = [];
    const note = (step: string) =>
      tasklet(step, async () => {
        runs.push(step);
        if (step === 'third' && runs.length <= 3) throw new Error('first time');
        return undefined;
      });
    const steps = [note('first'), { ...note('second'), allowStartIfComplete: true }, note('third')];
    expect(await start(job(...steps))).toMatchObject({ outcome: 'failed' });
    expect(await start(job(...steps))).toMatchObject({ outcome: 'completed' });
    expect(runs).toEqual(['first', 'second', 'third', 'second', 'third']);
    expect(await start(job(...steps))).toMatchObject({ outcome: 'already-complete', exitCode: 0 });
    expect(runs).toHaveLength(5);
  });

  test('contexts: kept with each transaction, handed to the restart, in the form of Spring Batch', async () => {
    let attempt = 0;
    const seen: unknown[] = [];
    const step = tasklet('remember', async ({ executionContext, jobContext, transaction }) => {
      seen.push(executionContext.get('done'), jobContext.get('from'));
      jobContext.put('from', `attempt ${++attempt}`);
      await transaction(async () => executionContext.put('done', BigInt(attempt)));
      executionContext.put('lost', true);
      if (attempt === 1) throw new Error('once');
      return undefined;
    });
    const { execution } = await start(job(step));
    const [row] = await stepsOf(execution);
    const text = await getStepContext(database, row.id);
    expect(text).toBe('{"batch.version":"6.0.4","done":["java.lang.Long",1]}');
    const second = await start(job(step));
    expect(seen).toEqual([undefined, undefined, 1n, 'attempt 1']);
    const jobContext = deserialiseContext((await getJobContext(database, second.execution.id)) ?? '');
    expect(Object.fromEntries(jobContext.entries())).toEqual({ 'batch.version': '6.0.4', from: 'attempt 2' });
  });

  test('parameters are checked before anything is stored, and stored as Java types', async () => {
    await expect(start(job(tasklet('one')), {}, { date: '2023-02-29' })).rejects.toMatchObject({ exitCode: 2 });
    expect(await lastJobExecution(database)).toBeUndefined();
    const { execution } = await start(job(tasklet('one')), {}, { note: '날짜 😀' });
    expect(await listJobParameters(database, execution.id)).toEqual([
      { name: 'date', javaType: 'java.time.LocalDate', value: '2024-01-01', identifying: true },
      { name: 'note', javaType: 'java.lang.String', value: '날짜 😀', identifying: false },
    ]);
  });

  test('skips make exit code 3', async () => {
    const step: Step = {
      kind: 'tasklet',
      name: 'skips',
      run: async () => ({ readCount: 3, writeCount: 2, processSkipCount: 1 }),
    };
    expect(await start(job(step))).toMatchObject({ outcome: 'completed-with-skips', exitCode: 3 });
  });

  test('revisions: a completed instance is computed again as the next one, an incomplete one is restarted', async () => {
    let fails = false;
    const definition = job(
      tasklet('one', async () => {
        if (fails) throw new Error('not now');
        return undefined;
      }),
    );
    const revisionOf = async ({ id }: { id: number }) =>
      (await listJobParameters(database, id)).find((parameter) => parameter.name === 'revision')?.value;
    const rerun = () => start(definition, { rerun: true });

    const first = await rerun();
    expect(await revisionOf(first.execution)).toBeUndefined();
    expect(await revisionOf((await rerun()).execution)).toBe('2');
    fails = true;
    const third = await rerun();
    expect(third).toMatchObject({ outcome: 'failed' });
    fails = false;
    const again = await rerun();
    expect(await revisionOf(again.execution)).toBe('3');
    expect(again.execution.jobInstanceId).toBe(third.execution.jobInstanceId);
    expect(await start(definition)).toMatchObject({ outcome: 'already-complete', execution: { id: 1 } });
    expect(await start(definition, {}, { revision: '3' })).toMatchObject({ outcome: 'already-complete' });
    await expect(start(definition, {}, { revision: '9' })).rejects.toMatchObject({ exitCode: 2 });
    expect(await listJobExecutions(database, { job: 'items', limit: 10 })).toHaveLength(4);
  });

  test('an abandoned instance is closed; a rerun computes it after all', async () => {
    const failing = job(
      tasklet('one', async () => {
        throw new Error('no');
      }),
    );
    const { execution } = await start(failing);
    await expect(abandonExecution(database, execution.id, ' ')).rejects.toThrow('needs a reason');
    await abandonExecution(database, execution.id, 'the log was wrong');
    await expect(start(failing)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('the log was wrong'),
    });
    await expect(abandonExecution(database, execution.id, 'again')).rejects.toThrow('is ABANDONED');
    expect(await start(job(tasklet('one')), { rerun: true })).toMatchObject({ outcome: 'completed' });
  });
});
