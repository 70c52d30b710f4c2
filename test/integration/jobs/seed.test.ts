/** Seeding on every dialect: the same bytes whatever the workers and chunks, also after a stop, and after other rows. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { creatorOf } from '../../../seeds/generate.ts';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { parseParameters } from '../../../src/engine/parse-parameters.ts';
import { seedJob } from '../../../src/jobs/views/seed/seed-job.ts';
import { viewLogOptions } from '../../../src/jobs/views/seed/seed-parameters.ts';
import { type JobRunResult, type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import { dailyStatistics } from '../../oracles/daily-statistics.ts';
import { type Log, readLog } from '../../oracles/read-log.ts';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';

const PARAMETERS = {
  rows: '6000',
  date: '2024-03-10',
  videos: '300',
  viewers: '1000',
  creators: '20',
  'invalid-rate': '0.01',
  'undated-rate': '0.01',
  'id-gap': '10000000',
};

describe.each(sampledDatabases(import.meta.url))('seed on $name', ({ name }) => {
  const open: { database: Database; test: TestDatabase }[] = [];
  let database: Database;

  async function anotherDatabase(): Promise<Database> {
    const fresh = await freshPlatform(name);
    const opened = await openDatabase(fresh.url);
    open.push({ database: opened, test: fresh });
    return opened;
  }
  beforeEach(async () => {
    database = await anotherDatabase();
  });
  afterEach(async () => {
    for (const { database, test } of open.splice(0)) {
      await database.close();
      await test.drop();
    }
  });

  async function seed(on: Database, parameters: Record<string, string>, how: RunJobOptions): Promise<JobRunResult> {
    const result = await runJob(on, seedJob, parameters, how);
    if (result.outcome === 'failed') throw result.error;
    return result;
  }

  test('same seed, same bytes: workers, partitions, chunks and a stop make no difference', async () => {
    await seed(database, PARAMETERS, { workers: 1, partitions: 1 });
    const expected = await readLog(database.url);
    expect(expected.rows).toHaveLength(6_000);
    expect(expected.rows[0].id).toBe(1n);
    const options = viewLogOptions(parseParameters(seedJob, PARAMETERS));
    expect([...expected.videos]).toEqual(
      Array.from({ length: 300 }, (_, i) => {
        const creator = creatorOf(options, i + 1);
        return [BigInt(i + 1), creator === null ? null : BigInt(creator)];
      }),
    );

    const other = await anotherDatabase();
    const stop = new AbortController();
    const progress: RunJobOptions['progress'] = (event) => {
      if (event.type === 'advanced' && event.step === 'seed-views' && event.rowsDone >= 500) stop.abort();
    };
    const how = { workers: 2, partitions: 3, chunkSize: 250 };
    expect((await seed(other, PARAMETERS, { ...how, progress, signal: stop.signal })).outcome).toBe('stopped');
    const half = (await readLog(other.url)).rows.length;
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(6_000);
    // Rows of another origin between stop and restart must not move the ids.
    await other.knex('view_log').insert({ id: 10 ** 12, video_id: 1, viewer_id: 1, play_seconds: 0, ad_views: 0 });
    expect((await seed(other, PARAMETERS, { ...how, chunkSize: 700 })).outcome).toBe('completed');
    await other
      .knex('view_log')
      .where({ id: 10 ** 12 })
      .delete();
    expectSameLog(await readLog(other.url), expected);
  });

  test('again is already complete; another seed is appended; the log is dirty as asked', async () => {
    await seed(database, PARAMETERS, { workers: 1 });
    const first = await readLog(database.url);
    expect((await seed(database, PARAMETERS, { workers: 1 })).outcome).toBe('already-complete');
    await seed(database, { ...PARAMETERS, seed: '2' }, { workers: 1 });
    const both = await readLog(database.url);
    expect(both.rows).toHaveLength(12_000);
    expect(both.rows.slice(0, 6_000)).toEqual(first.rows);
    expect(both.rows[6_000].id).toBe(first.rows.at(-1)!.id + 1n);
    const { verdicts } = dailyStatistics(first.rows, first.videos, '2024-03-10', 'Asia/Seoul');
    expect(Math.min(verdicts.undated, verdicts.invalid, verdicts.self, verdicts.repeat)).toBeGreaterThan(20);
    expect(verdicts.outside).toBe(0);
  });
});

test.each([
  [{ rows: '0', date: '2024-01-01' }, 'rows: must be 1 to'],
  [{ rows: 'many', date: '2024-01-01' }, 'rows: "many" is not a whole number'],
  [{ rows: '10' }, 'needs the parameter date'],
  [{ rows: '10', date: '2024-02-30' }, 'date: "2024-02-30" is not a calendar date'],
  [{ rows: '10', date: '2024-01-01', zone: 'Mars/Olympus' }, 'zone: unknown time zone'],
  [{ rows: '10', date: '2024-01-01', shape: 'round' }, 'shape: must be one of uniform, zipf, hot'],
  [{ rows: '10', date: '2024-01-01', 'repeat-rate': '1.5' }, 'repeat-rate: must be 0 to 1'],
])('%o is refused', (raw, message) => {
  expect(() => parseParameters(seedJob, raw as Record<string, string>)).toThrow(message);
});

test('rates of more than all rows are refused', () => {
  const raw = { rows: '10', date: '2024-01-01', 'repeat-rate': '0.6', 'self-rate': '0.6' };
  expect(() => viewLogOptions(parseParameters(seedJob, raw))).toThrow('the rates add up to 1.201');
});

function expectSameLog(actual: Log, expected: Log): void {
  expect(actual.rows).toEqual(expected.rows);
  expect([...actual.videos]).toEqual([...expected.videos]);
}
