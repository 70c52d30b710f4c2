/** Case 20: transient faults at every statement of a run, and real ones from a second session. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import type { JobDefinition } from '../../../src/engine/job.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { serverDatabases, testDatabases } from '../../support/databases.ts';
import { type ItemsBench, itemsJob, itemsStep, openItemsBench, tasklet } from '../../support/items-job.ts';
import { faultsOf, installFaults } from '../../support/statement-faults.ts';
import { onServers } from '../../support/thorough.ts';
import { numbers, toyJob, toyOutput } from '../../support/toy/toy-job.ts';
import { waitForLock } from '../../support/wait-for-lock.ts';

/** Reads and processes by way of the database too; the tasklets are idempotent, as they must be. */
function everyPhaseJob({ database }: ItemsBench): JobDefinition {
  const copy = itemsStep({
    process: async (item) => {
      await database.knex('BATCH_JOB_INSTANCE').first('JOB_NAME');
      return item;
    },
  });
  const mark = (name: string, id: number) =>
    tasklet(name, async ({ transaction, executionContext, jobContext }) => {
      await transaction(async (tx) => {
        await tx('output').where({ id }).delete();
        await tx('output').insert({ id });
        executionContext.put('marked', Number(executionContext.get('marked') ?? 0) + 1);
      });
      jobContext.put(name, true);
      return { writeCount: 1 };
    });
  return itemsJob(mark('before', 100), copy, mark('after', 200));
}

describe.each(testDatabases())('case 20: faults on $name', { timeout: 300_000 }, ({ name }) => {
  let bench: ItemsBench;
  beforeEach(async () => {
    bench = await openItemsBench(name);
  });
  afterEach(() => bench.drop());

  test('at each statement of a run: it completes, and the counts are right', async () => {
    const faults = installFaults(bench.database);
    const dates = dateSource();
    const job = everyPhaseJob(bench);
    // The servers have different places.
    const offset = name === 'mysql' ? 1 : 0;
    try {
      faults.arm('deadlock', 0);
      await bench.start(job, {}, { date: dates() });
      const statements = faults.count;
      expect(statements).toBeGreaterThan(60);
      let hits = 0;
      for (const [index, fault] of faultsOf(bench.database).entries()) {
        for (let at = 1; at <= statements; at++) {
          // Of the uncertain commits about twice as many as of the others, which differ less.
          const stride = fault === 'lost-after' ? onServers(name, 1, 5) : onServers(name, 3, 9);
          if ((at + index + offset) % stride !== 0) continue;
          await bench.database.knex('output').delete();
          faults.arm(fault, at);
          const result = await bench.start(job, {}, { date: dates() });
          const where = `${fault} at statement ${at}, ${faults.failed}`;
          if (faults.failed !== undefined) hits++;
          expect(result.outcome, `${where}: ${result.error?.message}`).toBe('completed');
          expect(await bench.output(), where).toEqual([1, 2, 3, 4, 5, 100, 200]);
          const steps = await listStepExecutions(bench.database, result.execution.id);
          expect(steps, where).toMatchObject([
            { stepName: 'before', status: 'COMPLETED', writeCount: 1 },
            { stepName: 'copy', status: 'COMPLETED', readCount: 5, writeCount: 5, commitCount: 3 },
            { stepName: 'after', status: 'COMPLETED', writeCount: 1 },
          ]);
          expect(await bench.database.knex('settle_lease'), where).toEqual([]);
        }
      }
      expect(hits).toBeGreaterThan(statements / 4);
    } finally {
      faults.remove();
    }
  });

  test('the database is gone for good: the run ends FAILED, and a restart goes on', async () => {
    const faults = installFaults(bench.database);
    const kind = faultsOf(bench.database).includes('busy') ? 'busy' : 'lost-before';
    let writes = 0;
    const onWrite = () => {
      if (++writes > 1) faults.arm(kind, 1);
    };
    const transientRetry = { attemptsMax: 4, intervalMs: 5 };
    try {
      const first = await bench.start(itemsJob(itemsStep({ onWrite, step: { transientRetry } })));
      expect(first).toMatchObject({ outcome: 'failed', exitCode: 1, error: { code: 'RETRIES_EXHAUSTED' } });
      expect(await listStepExecutions(bench.database, first.execution.id)).toMatchObject([
        { status: 'FAILED', writeCount: 2, rollbackCount: 4 },
      ]);
    } finally {
      faults.remove();
    }
    expect(await bench.start(itemsJob(itemsStep()))).toMatchObject({ outcome: 'completed' });
    expect(await bench.output()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe.each(serverDatabases())('case 20: a second session on $name', { timeout: 120_000 }, ({ name }) => {
  let bench: ItemsBench;
  let other: Database;
  beforeEach(async () => {
    bench = await openItemsBench(name);
    other = await openDatabase(bench.url);
    await bench.database.knex.schema.createTable('toy_output', (table) => table.bigInteger('id').notNullable());
  });
  afterEach(async () => {
    await other.close();
    await bench.drop();
  });

  test('kills connections of partition workers and of the main thread over and over', async () => {
    const job = toyJob({ ids: 60, partitions: 6, chunkSize: 3, shared: { delayMs: 25 } });
    let kills = 0;
    const running = bench.start(job, { workers: 2 });
    const killer = setInterval(() => {
      void killOne(other).then((killed) => {
        kills += killed;
      });
    }, 60);
    const result = await running.finally(() => clearInterval(killer));
    expect(result.outcome, result.error?.message).toBe('completed');
    expect(await toyOutput(other)).toEqual(numbers(1, 60));
    const [manager] = await listStepExecutions(other, result.execution.id);
    expect(manager).toMatchObject({ status: 'COMPLETED', readCount: 60, writeCount: 60 });
    expect(kills).toBeGreaterThan(3);
  });

  test('a real deadlock, and a real lock wait timeout', async () => {
    await other.knex.raw('CREATE TABLE pair (id INT PRIMARY KEY, hits INT NOT NULL) ENGINE=InnoDB');
    await other.knex('pair').insert([1, 2].map((id) => ({ id, hits: 0 })));
    let attempts = 0;
    const deadlocked = itemsStep({
      items: 2,
      onWrite: async (_items, tx) => {
        attempts++;
        await tx('pair').where({ id: 1 }).increment('hits');
        if (attempts === 1) {
          // More rows than ours: the server picks the smaller transaction, this one, as the victim.
          const rival = other.transaction(async (theirs) => {
            await theirs('output').insert(numbers(1001, 1050).map((id) => ({ id })));
            await theirs('pair').where({ id: 2 }).increment('hits', 10);
            await theirs('pair').where({ id: 1 }).increment('hits', 10);
          });
          await waitForLock(other);
          void rival.catch(() => {});
        }
        await tx('pair').where({ id: 2 }).increment('hits');
      },
    });
    const first = await bench.start(itemsJob(deadlocked));
    expect(first.outcome, first.error?.message).toBe('completed');
    expect(attempts).toBe(2);
    expect(await listStepExecutions(other, first.execution.id)).toMatchObject([{ writeCount: 2, rollbackCount: 1 }]);
    expect((await bench.output()).filter((id) => id < 1000)).toEqual([1, 2]);

    attempts = 0;
    const held = Promise.withResolvers<void>();
    const letGo = Promise.withResolvers<void>();
    const holder = other.transaction(async (theirs) => {
      await theirs('pair').where({ id: 1 }).increment('hits');
      held.resolve();
      await letGo.promise;
    });
    await held.promise;
    const waiting = itemsStep({
      items: 2,
      onWrite: async (_items, tx) => {
        if (++attempts === 2) {
          letGo.resolve();
          await holder;
        }
        await tx.raw('SET SESSION innodb_lock_wait_timeout = 1');
        await tx('pair').where({ id: 1 }).increment('hits');
      },
    });
    const second = await bench.start(itemsJob(waiting), {}, { date: '2024-01-02' });
    expect(second.outcome, second.error?.message).toBe('completed');
    expect(attempts).toBe(2);
  });
});

/** Ends one connection to this database that is not the killer's own pool's. */
async function killOne({ knex }: Database): Promise<number> {
  const [rows] = await knex.raw(
    'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID() ORDER BY RAND() LIMIT 1',
  );
  if (rows.length === 0) return 0;
  await knex.raw(`KILL ${Number(rows[0].id)}`).catch(() => {});
  return 1;
}

function dateSource(): () => string {
  let day = Date.UTC(2000, 0, 1);
  return () => {
    day += 86_400_000;
    return new Date(day).toISOString().slice(0, 10);
  };
}
