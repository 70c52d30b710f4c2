/** Rivals of the daily job at the two places where it would decide on what it has read: zone of a date, videos of a plan. */
import SqliteDatabase from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { TaskletStep } from '../../../src/engine/step.ts';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import { videosCheck } from '../../../src/jobs/views/statistics/statistics-plan.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { buildLog } from '../../oracles/logs.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { expectAsOracle, openBench, publishedCsv, settle } from '../daily/support.ts';

const date = '2026-11-20';
const zone = 'Asia/Seoul';
const log = buildLog('dirty', 7, 240, date, zone);

test.each(sampledDatabases(import.meta.url))(
  'of two zones that are settled at once on $name, the second to publish is refused',
  async ({ name }) => {
    const bench = await openBench(name, log);
    const { database } = bench;
    try {
      const rival: TaskletStep = {
        kind: 'tasklet',
        name: 'the-other-zone-publishes',
        run: async () => void (await settle(database, date, 'UTC', { workers: 1 })),
      };
      const at = dailyJob.steps.findIndex((step) => 'name' in step && step.name === 'publish-statistics');
      const steps = dailyJob.steps.toSpliced(at, 0, rival);
      const result = await runJob(database, { ...dailyJob, steps }, { date, zone }, { workers: 1 });
      expect(result).toMatchObject({ outcome: 'failed', exitCode: 2, error: { code: 'OTHER_ZONE' } });
      await expectAsOracle(database, log, date, 'UTC');
      const [{ runs }] = await database.knex('settle_statistics_run').count({ runs: '*' });
      expect(Number(runs)).toBe(1);
    } finally {
      await bench.drop();
    }
  },
);

test('a video that changes hands while the videos are loaded makes the plan outdated', async () => {
  const bench = await openBench('sqlite', log);
  const { database, test: own } = bench;
  const other = new SqliteDatabase(own.url.slice('sqlite:'.length));
  try {
    let checks = 0;
    database.knex.on('query-response', (_response: unknown, { sql }: { sql: string }) => {
      // The plan looks first; the second look is the one before the videos are loaded.
      if (!sql.includes('COUNT(creator_id)') || ++checks !== 2) return;
      other.exec('UPDATE video SET creator_id = creator_id + 1000');
    });
    await settle(database, date, zone, { workers: 1 });
    expect(checks).toBeGreaterThan(2);
    const plan = await database.knex('settle_partition_plan').first('detail');
    expect(JSON.parse(plan.detail).videos).toBe(await videosCheck(database));
    const videos = new Map([...log.videos].map(([id, creator]) => [id, creator === null ? null : creator + 1000n]));
    await expectAsOracle(database, { ...log, videos }, date, zone);
    expect(await publishedCsv(database, date)).not.toBe('');
  } finally {
    other.close();
    await bench.drop();
  }
});
