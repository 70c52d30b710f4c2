/** Seeded challenges: the same whatever the workers and chunks, on a whole ledger, and settled as plain loops have it. */
import { afterAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { parseParameters } from '../../../src/engine/parse-parameters.ts';
import { seedChallengesJob } from '../../../src/jobs/challenges/seed/definition.ts';
import { challengeSeedOptions, grantOf } from '../../../src/jobs/challenges/seed/parameters.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import { differencesFromOracle, readStatuses } from '../../support/challenge-comparison.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { settleChallenges, ZONE } from './support.ts';

const parameters = {
  challenges: '400',
  date: '2026-11-20',
  users: '600',
  length: '5',
  crowd: '500',
  'hot-users': '2',
  'hot-challenges': '150',
};
const granted = grantOf(challengeSeedOptions(parseParameters(seedChallengesJob, parameters)));

describe.each(sampledDatabases(import.meta.url))('seeded challenges on $name', ({ name }) => {
  const open: Bench[] = [];
  afterAll(async () => {
    for (const bench of open.splice(0)) await bench.drop();
  });

  async function seeded(options: RunJobOptions): Promise<Database> {
    const bench = await openBench(name);
    open.push(bench);
    const result = await runJob(bench.database, seedChallengesJob, parameters, options);
    if (result.outcome === 'failed') throw result.error;
    return bench.database;
  }

  test('are the same whatever the workers and chunks, and settle as plain loops have it', async () => {
    const database = await seeded({ workers: 1 });
    const other = await seeded({ workers: 2, partitions: 3, chunkSize: 70 });
    for (const table of ['settle_ledger_head', 'challenge_member', 'challenge_proof', 'settle_account', 'settle_lot']) {
      const rowsOf = async ({ knex }: Database) => (await knex(table)).map((row) => JSON.stringify(row)).sort();
      expect(await rowsOf(other), table).toEqual(await rowsOf(database));
    }
    expect(await verifyLedger(database)).toMatchObject({ sound: true });
    const [hot] = await database.knex('challenge_member').where({ user_id: 1 }).count({ rows: '*' });
    expect(Number(hot.rows)).toBe(150);

    const before = await readStatuses(database);
    await settleChallenges(database, '2026-11-20', { workers: 2, partitions: 5 });
    expect(await differencesFromOracle(database, before, { date: '2026-11-20', zone: ZONE }, granted)).toEqual([]);
    expect(await verifyLedger(database)).toMatchObject({ sound: true });
    // The crowd is planned apart from the others.
    const ranges = await database.knex('settle_partition').where({ step_name: 'challenge-settlement' });
    expect(ranges.map((row) => Number(row.min_id))).toContain(2);
    const again = await runJob(database, seedChallengesJob, { ...parameters, seed: '2' });
    expect(again.error?.message).toContain('already');
  });
});
