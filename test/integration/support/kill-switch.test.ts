/** The kill switch itself: it kills where it says, and counts what worker threads do as well. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { type CrashBench, crashArgs, openCrashBench } from '../../support/crash-bench.ts';
import { freshDatabase, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { countPoints, runKilled, runThroughKills } from '../../support/kill-run.ts';

const INSERT_INSTANCE = 'into .BATCH_JOB_INSTANCE. ';

describe.each(sampledDatabases(import.meta.url))('the kill switch on $name', ({ name }) => {
  let place: TestDatabase;
  let bench: CrashBench;
  beforeEach(async () => {
    place = await freshDatabase(name);
    bench = await openCrashBench(place.url);
  });
  afterEach(() => place.drop());

  async function instances(): Promise<number> {
    const database = await openDatabase(bench.url);
    const [{ rows }] = await database.knex('BATCH_JOB_INSTANCE').count({ rows: '*' });
    await database.close();
    return Number(rows);
  }

  test.each([
    ['before-statement', 0],
    ['before-commit', 0],
    ['after-commit', 1],
  ] as const)('%s a write leaves %i of it', async (mode, rows) => {
    const { killed } = await runKilled(crashArgs(1), bench.url, { mode, at: 1, match: INSERT_INSTANCE });
    expect(killed).toBe(true);
    expect(await instances()).toBe(rows);
  });

  test('counts the statements of worker threads, and kills the whole process from there', async () => {
    const match = 'settle_partition_state';
    const { statements } = await countPoints(crashArgs(2), bench.url, match);
    expect(statements).toBeGreaterThan(2);
    await bench.reset();
    const { killed } = await runKilled(crashArgs(2), bench.url, { mode: 'before-statement', at: 2, match });
    expect(killed).toBe(true);
  });

  test('lets a run complete that does not come to its point', async () => {
    const far = { mode: 'before-statement', at: 1_000_000 } as const;
    expect(await runThroughKills(crashArgs(1), bench.url, [far])).toBe(0);
  });
});
