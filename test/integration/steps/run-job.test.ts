/** Jobs in this thread: restarts, revisions, contexts, what is stored. The conformance cases are in conformance.test.ts. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { deserialiseContext } from '../../../src/engine/execution-context.ts';
import { abandonExecution, requestStop } from '../../../src/engine/operate.ts';
import { purge } from '../../../src/engine/purge.ts';
import type { Step } from '../../../src/engine/step.ts';
import { getJobContext, getStepContext } from '../../../src/repository/execution-context.ts';
import { getJobExecution, lastJobExecution, listJobExecutions } from '../../../src/repository/job-execution.ts';
import { listJobParameters } from '../../../src/repository/job-parameters.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { completedExecution } from '../../../src/steps/plan-job.ts';
import { testDatabases } from '../../support/databases.ts';
import { type ItemsBench, itemsJob, openItemsBench, tasklet } from '../../support/items-job.ts';

describe.each(testDatabases())('runJob on $name', ({ name }) => {
  let bench: ItemsBench;
  let database: Database;
  let start: ItemsBench['start'];

  beforeEach(async () => {
    bench = await openItemsBench(name);
    ({ database, start } = bench);
  });
  afterEach(() => bench.drop());

  const stepsOf = ({ id }: { id: number }) => listStepExecutions(database, id);

  test('a stop that was asked for in the database', async () => {
    let asked = false;
    const long = tasklet('long', async ({ signal, jobExecutionId }) => {
      await requestStop(database, jobExecutionId);
      asked = true;
      while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
      signal.throwIfAborted();
      return undefined;
    });
    const result = await start(itemsJob(long), { leaseMs: 300 });
    expect(asked).toBe(true);
    expect(result).toMatchObject({ outcome: 'stopped', exitCode: 143, execution: { status: 'STOPPED' } });
    expect(await getJobExecution(database, result.execution.id)).toEqual(result.execution);
    await expect(requestStop(database, result.execution.id)).rejects.toThrow('is not running: it is STOPPED');
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
    expect(await start(itemsJob(...steps))).toMatchObject({ outcome: 'failed' });
    expect(await start(itemsJob(...steps))).toMatchObject({ outcome: 'completed' });
    expect(runs).toEqual(['first', 'second', 'third', 'second', 'third']);
    expect(await start(itemsJob(...steps))).toMatchObject({ outcome: 'already-complete', exitCode: 0 });
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
    const { execution } = await start(itemsJob(step));
    const [row] = await stepsOf(execution);
    const text = await getStepContext(database, row.id);
    expect(text).toBe('{"batch.version":"6.0.4","done":["java.lang.Long",1]}');
    const second = await start(itemsJob(step));
    expect(seen).toEqual([undefined, undefined, 1n, 'attempt 1']);
    const jobContext = deserialiseContext((await getJobContext(database, second.execution.id)) ?? '');
    const usage = { workers: expect.any(Number), cpuMs: expect.any(Number), peakMb: expect.any(Number) };
    expect(Object.fromEntries(jobContext.entries())).toEqual({ 'batch.version': '6.0.4', from: 'attempt 2', usage });
  });

  test('parameters are checked before anything is stored, and stored as Java types', async () => {
    await expect(start(itemsJob(tasklet('one')), {}, { date: '2023-02-29' })).rejects.toMatchObject({ exitCode: 2 });
    expect(await lastJobExecution(database)).toBeUndefined();
    const { execution } = await start(itemsJob(tasklet('one')), {}, { note: '날짜 😀' });
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
    expect(await start(itemsJob(step))).toMatchObject({ outcome: 'completed-with-skips', exitCode: 3 });
  });

  test('revisions: a completed instance is computed again as the next one, an incomplete one is restarted', async () => {
    let fails = false;
    const definition = itemsJob(
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
    expect(await start(definition)).toMatchObject({ outcome: 'failed' });
    fails = false;
    const again = await rerun();
    expect(await revisionOf(again.execution)).toBe('3');
    expect(again.execution.jobInstanceId).toBe(third.execution.jobInstanceId);
    const newest = { id: again.execution.id };
    expect(await start(definition)).toMatchObject({ outcome: 'already-complete', execution: newest });
    expect(await start(definition, {}, { revision: '1' })).toMatchObject({ execution: { id: first.execution.id } });
    expect(await start(definition, {}, { revision: '3' })).toMatchObject({ outcome: 'already-complete' });
    await expect(start(definition, {}, { revision: '9' })).rejects.toMatchObject({ exitCode: 2 });
    expect(await listJobExecutions(database, { job: 'items', limit: 10 })).toHaveLength(5);
    // More than are looked for by one statement.
    for (let next = 4; next <= 42; next++) expect(await revisionOf((await rerun()).execution)).toBe(String(next));
  });

  test('a plain start goes on with a rerun that was cut short, by a stop, a failure or a death', async () => {
    let deed: 'stop' | 'fail' | 'work' = 'work';
    const stopping = new AbortController();
    const definition = itemsJob(
      tasklet('one', async () => {
        if (deed === 'fail') throw new Error('not now');
        if (deed === 'stop') stopping.abort();
        return undefined;
      }),
      tasklet('two'),
    );
    const { execution: first } = await start(definition);
    expect((await start(definition)).execution.id).toBe(first.id);
    deed = 'stop';
    const stopped = await start(definition, { rerun: true, signal: stopping.signal });
    expect(stopped).toMatchObject({ outcome: 'stopped', exitCode: 143 });
    const { jobInstanceId } = stopped.execution;
    expect(await completedExecution(database, definition, { date: '2024-01-01' })).toBeUndefined();

    deed = 'fail';
    expect(await start(definition)).toMatchObject({ outcome: 'completed', execution: { jobInstanceId } });
    expect(await start(definition, { rerun: true })).toMatchObject({ outcome: 'failed', exitCode: 1 });
    deed = 'work';
    const goneOn = await start(definition);
    expect(goneOn).toMatchObject({ outcome: 'completed' });
    expect(await start(definition)).toMatchObject({
      outcome: 'already-complete',
      execution: { id: goneOn.execution.id },
    });

    const dead = await start(definition, { rerun: true });
    // As a `kill -9` leaves it: STARTED, with the lease of an owner that is silent.
    await database.knex('BATCH_JOB_EXECUTION').where({ JOB_EXECUTION_ID: dead.execution.id }).update({
      STATUS: 'STARTED',
      EXIT_CODE: 'UNKNOWN',
      END_TIME: null,
    });
    const taken = await start(definition);
    expect(taken).toMatchObject({ outcome: 'completed', execution: { jobInstanceId: dead.execution.jobInstanceId } });

    deed = 'fail';
    const given = await start(definition, { rerun: true });
    await abandonExecution(database, given.execution.id, 'not worth it');
    await expect(start(definition)).rejects.toMatchObject({ exitCode: 2, hint: expect.stringContaining('--rerun') });
    deed = 'work';
    const last = await start(definition, { rerun: true });
    // Older revisions are forgotten one by one.
    await database.knex('BATCH_JOB_EXECUTION').where({ JOB_EXECUTION_ID: first.id }).update({
      LAST_UPDATED: '2020-01-01 00:00:00.000000',
    });
    await purge(database, { before: new Date('2023-01-01'), forget: true, dryRun: false });
    expect(await start(definition)).toMatchObject({
      outcome: 'already-complete',
      execution: { id: last.execution.id },
    });
  });

  test('an abandoned instance is closed; a rerun computes it after all', async () => {
    const failing = itemsJob(
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
    expect(await start(itemsJob(tasklet('one')), { rerun: true })).toMatchObject({ outcome: 'completed' });
  });
});
