/** What the tests of the daily job share: a database with a log in it, a run, and its tables beside the oracle's. */
import { expect } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { toBigInt } from '../../../src/database/values.ts';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import { readStatistics } from '../../../src/jobs/views/statistics/read-statistics.ts';
import { getJobExecution } from '../../../src/repository/job-execution.ts';
import { type JobRunResult, type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import { type DailyStatistics, dailyStatistics, statisticsCsv } from '../../oracles/daily-statistics.ts';
import { type Log, writeLog } from '../../oracles/read-log.ts';
import { type DatabaseKind, freshPlatform, type TestDatabase } from '../../support/databases.ts';

export interface Bench {
  readonly test: TestDatabase;
  readonly database: Database;
  /** Ends the connections and removes the database. */
  drop(): Promise<void>;
}

/** A migrated database, with the log in it. */
export async function openBench(kind: DatabaseKind, log?: Log): Promise<Bench> {
  const test = await freshPlatform(kind);
  const database = await openDatabase(test.url);
  if (log !== undefined) await writeLog(test.url, log);
  return {
    test,
    database,
    drop: async () => {
      await database.close();
      await test.drop();
    },
  };
}

/** Runs the daily job; throws what it failed with. */
export async function settle(
  database: Database,
  date: string,
  zone: string,
  options: RunJobOptions = {},
): Promise<JobRunResult> {
  const result = await runJob(database, dailyJob, { date, zone }, options);
  if (result.outcome === 'failed') throw result.error;
  return result;
}

/** The published statistics as the oracle writes them. */
export async function publishedCsv(database: Database, date: string): Promise<string> {
  const rows = await readStatistics(database, { from: date, to: date });
  return statisticsCsv(new Map(rows.map((row) => [row.videoId, row])));
}

/** Quarantined rows of a date (null: undated ones), as `id reason`, by id. */
export async function quarantineOf(database: Database, date: string | null): Promise<string[]> {
  const rows = await database
    .knex('settle_quarantine')
    .where({ business_date: date })
    .orderBy('row_id')
    .select('row_id', 'reason');
  return rows.map((row) => `${toBigInt(row.row_id)} ${row.reason}`);
}

/** Asserts that everything a run published equals the naive pass over the whole log. */
export async function expectAsOracle(
  database: Database,
  log: Log,
  date: string,
  zone: string,
): Promise<DailyStatistics> {
  const expected = dailyStatistics(log.rows, log.videos, date, zone);
  expect(await publishedCsv(database, date)).toBe(statisticsCsv(expected.sums));
  const listed = expected.quarantine.map(({ rowId, reason }) => `${rowId} ${reason}`);
  expect(await quarantineOf(database, date)).toEqual(listed.filter((line) => !line.endsWith(' undated')));
  expect(await quarantineOf(database, null)).toEqual(listed.filter((line) => line.endsWith(' undated')));
  const run = await database.knex('settle_statistics_run').where({ business_date: date }).first('verdicts');
  const verdicts = JSON.parse(run.verdicts);
  const { invalid, self, repeat, counted } = expected.verdicts;
  expect(verdicts).toMatchObject({ invalid, self, repeat, counted });
  expect(verdicts.read).toBe(
    verdicts.undated + verdicts.outside + verdicts.invalid + verdicts.self + verdicts.repeat + verdicts.counted,
  );
  return expected;
}

/** What the job has left behind that it should have cleared away. */
export async function leftOvers(database: Database): Promise<string[]> {
  const left: string[] = [];
  for (const table of [
    'settle_partial',
    'settle_partial_verdicts',
    'settle_partition_state',
    'settle_quarantine_staged',
    'settle_lease',
  ]) {
    const [row] = (await database.knex(table).count('* as rows')) as { rows: number | string }[];
    if (Number(row.rows) > 0) left.push(`${table}: ${row.rows}`);
  }
  return left;
}

export async function statusOf(database: Database, executionId: number): Promise<string | undefined> {
  return (await getJobExecution(database, executionId))?.status;
}
