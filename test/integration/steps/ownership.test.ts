/** Who may run: crashes, takeovers, simultaneous starts and paused owners, with real processes. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { recoverExecutions } from '../../../src/engine/operate.ts';
import type { TaskletStep } from '../../../src/engine/step.ts';
import { getJobExecution, listJobExecutions } from '../../../src/repository/job-execution.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { freshDatabase, sampledDatabases, serverDatabases } from '../../support/databases.ts';
import {
  numbers,
  openToyDatabase,
  type ToyOptions,
  toyJob,
  toyOutput,
  toyParameters,
} from '../../support/toy/toy-job.ts';
import { startToyProcess, type ToyProcessOptions } from '../../support/toy/toy-process.ts';
import { useToyDatabase } from '../../support/toy/use-toy-database.ts';

const toy: ToyOptions = { ids: 40, partitions: 4, chunkSize: 2 };
const slowToy: ToyOptions = { ...toy, shared: { delayMs: 30 } };

describe.each(sampledDatabases(import.meta.url))('ownership on $name', ({ name }) => {
  const own = useToyDatabase(name);
  let database: Database;
  beforeEach(() => {
    ({ database } = own);
  });

  const spawnToy = (options: ToyProcessOptions) => own.startProcess({ workers: 2, ...options });
  test('after kill -9 the next start takes over at once, and each id is written once', async () => {
    for (const commits of [1, 4, 2]) {
      const victim = await spawnToy(slowToy);
      victim.run();
      await victim.said('advanced', commits);
      await victim.kill();
    }
    const result = await runJob(database, toyJob(toy), toyParameters, { workers: 2 });
    expect(result.outcome).toBe('completed');
    expect(await toyOutput(database)).toEqual(numbers(1, 40));
    const executions = await listJobExecutions(database, { limit: 10 });
    expect(executions.map(({ status }) => status)).toEqual(['COMPLETED', 'FAILED', 'FAILED', 'FAILED']);
    expect(executions[1].exitMessage).toContain('has ended without saying so');
    for (const { id } of executions.slice(1)) {
      for (const { status } of await listStepExecutions(database, id)) expect(status).toMatch(/FAILED|COMPLETED/);
    }
    const [manager] = await listStepExecutions(database, result.execution.id);
    expect(manager).toMatchObject({ readCount: 40, writeCount: 40 });
  });

  test('recover frees what is dead and leaves alone what lives', async () => {
    const victim = await spawnToy(slowToy);
    victim.run();
    await victim.said('advanced');
    expect(await recoverExecutions(database)).toEqual([]);
    await expect(runJob(database, toyJob(toy), toyParameters)).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
      exitCode: 11,
    });
    await victim.kill();
    const [freed, ...others] = await recoverExecutions(database);
    expect(others).toEqual([]);
    expect(freed).toMatchObject({ id: 1, status: 'FAILED' });
    expect(await getJobExecution(database, 1)).toMatchObject({ status: 'FAILED', exitMessage: freed.exitMessage });
    expect(await recoverExecutions(database)).toEqual([]);
  });

  test('a run that was taken over can compute, but not commit', async () => {
    const entered = Promise.withResolvers<void>();
    const resume = Promise.withResolvers<void>();
    const { steps, ...rest } = toyJob(toy);
    const pausing: TaskletStep = {
      kind: 'tasklet',
      name: 'pausing',
      run: async ({ transaction }) => {
        entered.resolve();
        await resume.promise;
        await transaction((tx) => tx('toy_output').insert({ id: 1000 }));
        return undefined;
      },
    };
    const paused = runJob(database, { ...rest, steps: [pausing, ...steps] }, toyParameters);
    await entered.promise;
    await database.knex('settle_lease').update({ expires_at: '2024-01-01 00:00:00.000000' });
    const { outcome } = await runJob(database, toyJob(toy), toyParameters, { workers: 2 });
    expect(outcome).toBe('completed');
    resume.resolve();
    expect(await paused).toMatchObject({
      outcome: 'failed',
      error: { code: 'OWNERSHIP_LOST' },
      execution: { status: 'FAILED', exitMessage: expect.stringContaining('has not been heard of since') },
    });
    expect(await toyOutput(database)).toEqual(numbers(1, 40));
    const executions = await listJobExecutions(database, { limit: 10 });
    expect(executions.map(({ status }) => status)).toEqual(['COMPLETED', 'FAILED']);
  });
});

describe.each(serverDatabases())('a paused process on $name', ({ name }) => {
  // Not on SQLite: the process may be stopped with the file's lock in its hands, and then nobody can go on.
  test('that wakes up after a takeover cannot commit any more', async () => {
    const place = await freshDatabase(name);
    const database = await openToyDatabase(place.url);
    const paused = await startToyProcess(place.url, { ...slowToy, workers: 2, leaseMs: 600 });
    try {
      paused.run();
      await paused.said('advanced', 2);
      paused.child.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 900));
      expect(await runJob(database, toyJob(toy), toyParameters, { workers: 2 })).toMatchObject({
        outcome: 'completed',
      });
      paused.child.kill('SIGCONT');
      expect(await paused.said('= ')).toEqual(['= failed']);
      expect(await toyOutput(database)).toEqual(numbers(1, 40));
    } finally {
      await paused.kill();
      await database.close();
      await place.drop();
    }
  });
});
