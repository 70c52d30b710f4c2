/** SIGKILL before and after every commit of an import, which reads and writes one row for one: none is lost or doubled. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { deserialiseContext } from '../../../src/engine/execution-context.ts';
import { writtenRowsIn } from '../../../src/jobs/import/written-rows.ts';
import { getStepContext } from '../../../src/repository/execution-context.ts';
import { readLog } from '../../oracles/read-log.ts';
import { openCrashBench } from '../../support/crash-bench.ts';
import { freshDatabase, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { countPoints, type KillPoint, pointText, runThroughKills } from '../../support/kill-run.ts';
import { spread } from '../../support/thorough.ts';

const ROWS = 420;
const CHUNK_ROWS = 100;
/** Odd, so that kills before a commit and after one are met in turn. */
const STRIDE = 11;

describe.each(sampledDatabases(import.meta.url))(
  'an import that is killed on $name',
  { timeout: 300_000 },
  ({ name }) => {
    let place: TestDatabase;
    let folder: string;
    /** The same rows in a file with ids, and in one without: they are given the same ones. */
    let ways: readonly (readonly string[])[];

    beforeEach(async () => {
      place = await freshDatabase(name);
      folder = mkdtempSync(join(tmpdir(), 'settle-test-'));
      const config = join(folder, 'settle.config.json');
      writeFileSync(config, JSON.stringify({ chunk: CHUNK_ROWS }));
      ways = [true, false].map((hasIds) => {
        const file = join(folder, hasIds ? 'ids.csv' : 'none.csv');
        writeFileSync(file, csv(hasIds));
        return ['--config', config, 'import', 'views', file, '--register-videos'];
      });
    });
    afterEach(async () => {
      await place.drop();
      rmSync(folder, { recursive: true });
    });

    test('ends as a clean one', async () => {
      const bench = await openCrashBench(place.url, null);
      const { commits } = await countPoints(ways[0], bench.url);
      const expected = await picture(bench.url);
      expect(expected).toMatchObject({ status: 'COMPLETED', leases: 0, readCount: ROWS, writeCount: ROWS });
      expect(expected.log.rows).toHaveLength(ROWS);
      expect(expected.written).toMatchObject({ firstId: 1n, lastId: BigInt(ROWS) });
      expect(expected.written?.dates).toEqual(new Map([['2026-11-20', ROWS]]));
      expect(commits).toBeGreaterThan(2 * Math.ceil(ROWS / CHUNK_ROWS));
      const points = Array.from({ length: commits }, (_, i): KillPoint[] => [
        { mode: 'before-commit', at: i + 1 },
        { mode: 'after-commit', at: i + 1 },
      ]).flat();
      // Two by two: kills before a commit and after one are met in turn.
      for (const [index, point] of spread(name, points, STRIDE).entries()) {
        await bench.reset();
        expect(await runThroughKills(ways[(index >> 1) % 2], bench.url, [point]), pointText(point)).toBe(1);
        expect(await picture(bench.url), pointText(point)).toEqual(expected);
      }
    });
  },
);

/** Every 17th row names a video that no row before it has named. */
function csv(hasIds: boolean): string {
  const lines = [`${hasIds ? 'id,' : ''}video_id,viewer_id,viewed_at,play_seconds,ad_views`];
  for (let id = 1; id <= ROWS; id++) {
    const time = new Date(Date.UTC(2026, 10, 20) + id * 1000).toISOString().replace('T', ' ').slice(0, 23);
    lines.push(`${hasIds ? `${id},` : ''}${1 + Math.floor(id / 17)},${1 + (id % 50)},${time},${id % 600},${id % 3}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The log, and what the step that writes views has counted over all executions. */
async function picture(url: string) {
  const log = await readLog(url);
  const database = await openDatabase(url);
  try {
    const { knex } = database;
    const last = await knex('BATCH_JOB_EXECUTION').orderBy('JOB_EXECUTION_ID', 'desc').first('STATUS');
    const [{ leases }] = await knex('settle_lease').count({ leases: '*' });
    const [counts] = await knex('BATCH_STEP_EXECUTION')
      .where({ STEP_NAME: 'write-views' })
      .sum({ readCount: 'READ_COUNT', writeCount: 'WRITE_COUNT', commitCount: 'COMMIT_COUNT' });
    const step = await knex('BATCH_STEP_EXECUTION')
      .where({ STEP_NAME: 'write-views' })
      .orderBy('STEP_EXECUTION_ID', 'desc')
      .first('STEP_EXECUTION_ID');
    const context = await getStepContext(database, step.STEP_EXECUTION_ID);
    return {
      written: writtenRowsIn(Object.fromEntries(deserialiseContext(context ?? '').entries())),
      log,
      status: last.STATUS,
      leases: Number(leases),
      readCount: Number(counts.readCount),
      writeCount: Number(counts.writeCount),
      commitCount: Number(counts.commitCount),
    };
  } finally {
    await database.close();
  }
}
