/**
 * The database's clock is set: back an hour, and an owner that died before must not seem alive for that hour; nor does a
 * live one lose its run by it for longer than it takes to notice.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { leasesCheck } from '../../../src/doctor/checks/leases.ts';
import { abandonExecution, recoverExecutions } from '../../../src/engine/operate.ts';
import { reasonOfDeath } from '../../../src/engine/owner.ts';
import type { TaskletStep } from '../../../src/engine/step.ts';
import { selectLease } from '../../../src/repository/lease.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { freshDatabase, testDatabases } from '../../support/databases.ts';
import { numbers, openToyDatabase, toyJob, toyOutput, toyParameters } from '../../support/toy/toy-job.ts';
import { startToyProcess } from '../../support/toy/toy-process.ts';

const HOUR_MS = 3_600_000;
const CLOCK_SET_BACK = "the database's clock was set back";

/** As if the database's clock had been ahead by so much when every lease was given. */
async function leasesFrom({ knex }: Database, aheadMs: number, leaseMs: number): Promise<void> {
  const at = (laterMs: number) => new Date(Date.now() + laterMs).toISOString().replace('T', ' ').replace('Z', '000');
  await knex('settle_lease').update({ heartbeat_at: at(aheadMs), expires_at: at(aheadMs + leaseMs) });
}

test('after a clock was set back an hour: what died before is found dead, freed, given up, taken over', async () => {
  const place = await freshDatabase('mariadb');
  onTestFinished(place.drop);
  const { url } = place;
  const before = await openToyDatabase(url);
  const dates = ['2024-01-01', '2024-01-02', '2024-01-03'];
  const toy = { ids: 20, partitions: 2, chunkSize: 2 };
  for (const date of dates) {
    const victim = await startToyProcess(url, { ...toy, shared: { delayMs: 30 }, workers: 2, leaseMs: 600_000 });
    victim.run(date);
    await victim.said('advanced');
    await victim.kill();
  }
  // As of a node that is lost: of a process on this machine it can be seen that it is gone.
  await before.knex('settle_lease').update({ host: 'lost' });
  await before.knex('toy_output').delete();
  for (const id of [1, 2, 3]) expect(reasonOfDeath(await selectLease(before, before.knex, id))).toBeUndefined();
  expect(await recoverExecutions(before)).toEqual([]);
  await before.close();

  const after = await openDatabase(url);
  onTestFinished(after.close);
  await leasesFrom(after, HOUR_MS, 600_000);
  const findings = [await leasesCheck.run({ database: after, now: Date.now, workers: 1 })].flat();
  expect(findings.map(({ verdict, message }) => `${verdict} ${message}`)).toEqual(
    [1, 2, 3].map((id) => expect.stringMatching(`warn execution ${id} .*${CLOCK_SET_BACK}`)),
  );
  expect(await abandonExecution(after, 1, 'not wanted')).toMatchObject({ status: 'ABANDONED' });
  const { outcome } = await runJob(after, toyJob(toy), { date: dates[1] }, { workers: 1, rerun: false });
  expect(outcome).toBe('completed');
  expect((await toyOutput(after)).at(-1)).toBe(20);
  const freed = await recoverExecutions(after);
  expect(freed.map(({ id, status }) => `${id} ${status}`)).toEqual(['3 FAILED']);
  expect(freed[0].exitMessage).toContain(CLOCK_SET_BACK);
});

describe.each(testDatabases())('a live owner on $name', ({ name }) => {
  test('renews a lease that a clock gave which has been set back since, and keeps its run', async () => {
    const place = await freshDatabase(name);
    const database = await openToyDatabase(place.url);
    const entered = Promise.withResolvers<void>();
    const resume = Promise.withResolvers<void>();
    const waiting: TaskletStep = {
      kind: 'tasklet',
      name: 'waiting',
      run: async () => {
        entered.resolve();
        await resume.promise;
        return undefined;
      },
    };
    const toy = toyJob({ ids: 4, partitions: 1, chunkSize: 2 });
    try {
      const run = runJob(database, { ...toy, steps: [waiting, ...toy.steps] }, toyParameters, { workers: 1 });
      await entered.promise;
      const move = (ms: number) => leasesFrom(database, ms, 30_000);
      const lease = () => selectLease(database, database.knex, 1);
      // A leap second, or a clock that is corrected a little: nothing of it is seen.
      await move(1_000);
      expect(reasonOfDeath(await lease())).toBeUndefined();
      await move(HOUR_MS);
      expect(reasonOfDeath(await lease())).toContain(CLOCK_SET_BACK);
      // The renewal that is due after a third of the lease would come ten times later.
      await expect.poll(async () => reasonOfDeath(await lease()), { timeout: 8_000, interval: 100 }).toBeUndefined();
      expect(await recoverExecutions(database)).toEqual([]);
      resume.resolve();
      expect((await run).outcome).toBe('completed');
      expect(await toyOutput(database)).toEqual(numbers(1, 4));
    } finally {
      resume.resolve();
      await database.close();
      await place.drop();
    }
  });
});
