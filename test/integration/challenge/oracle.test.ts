/** Challenges of every kind on every dialect, night by night and caught up at once, beside plain loops. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampledDatabases } from '../../support/databases.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { expectAsOracle, load, randomData, settleChallenges } from './support.ts';

const data = randomData(700, 20_260_601);

describe.each(sampledDatabases(import.meta.url))('challenges on $name', ({ name }) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench(name);
    await load(bench.database, data);
  });
  afterAll(async () => await bench?.drop());

  test('each night settles what is due, whatever the workers, partitions and chunks', async () => {
    const nights = [
      ['2026-05-20', { workers: 1 }],
      ['2026-05-27', { workers: 2, partitions: 5, chunkSize: 7 }],
      ['2026-06-01', { workers: 2 }],
    ] as const;
    for (const [date, options] of nights) {
      await settleChallenges(bench.database, date, options);
      await expectAsOracle(bench.database, data, date);
    }
  });

  test('a week without a run is caught up', async () => {
    await settleChallenges(bench.database, '2026-06-30', { workers: 2, partitions: 3 });
    await expectAsOracle(bench.database, data, '2026-06-30');
  });

  test('settling again changes nothing', async () => {
    const before = await bench.database.knex('settle_ledger_head').first();
    const result = await settleChallenges(bench.database, '2026-06-30', { rerun: true });
    expect(result.outcome).toBe('completed');
    expect(await bench.database.knex('settle_ledger_head').first()).toEqual(before);
    await expectAsOracle(bench.database, data, '2026-06-30');
  });
});
