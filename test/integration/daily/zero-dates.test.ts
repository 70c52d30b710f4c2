/**
 * A zero date, which old applications on MySQL write for "unknown", is a row without a time: it hides no other row, and is
 * quarantined once, wherever it lies.
 */
import { expect, test } from 'vitest';
import { verifyDate } from '../../../src/jobs/views/statistics/verify.ts';
import { serverDatabases } from '../../support/databases.ts';
import { openBench, quarantineOf, settle } from './support.ts';

test.each(serverDatabases())('on $name', async ({ name }) => {
  const { database, drop } = await openBench(name);
  const row = (id: number, viewed_at: string) => ({
    id,
    video_id: 1,
    viewer_id: id,
    viewed_at,
    play_seconds: 1,
    ad_views: 0,
  });
  const block = (from: number, time: (at: number) => string) =>
    Array.from({ length: 300 }, (_, at) => row(from + at, time(at)));
  const second = (at: number) => String(at % 60).padStart(2, '0');
  await database.transaction(async (tx) => {
    await tx.raw("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'");
    await tx('video').insert({ id: 1, creator_id: null });
    await tx('view_log').insert([
      // Away from the date's ids: weeks before, and narrow about the end of a month, where no bound tells of 2026-11-00.
      ...block(1, (at) => `2026-10-12 08:00:${second(at)}`),
      ...block(1_001, (at) => (at < 150 ? `2026-10-31 23:59:${second(at)}` : `2026-11-01 00:00:${second(at)}`)),
      // The date's own.
      ...block(5_001, (at) => `2026-11-20 0${at % 10}:00:${second(at)}`),
    ]);
    for (const [id, time] of [
      [20, '0000-00-00 00:00:00'],
      [1_100, '2026-11-00 00:00:00'],
      [1_101, '2026-00-10 10:00:00'],
      [1_102, '2026-02-30 00:00:00'],
      [5_100, '0000-00-00 00:00:00'],
    ] as const) {
      await tx('view_log').where({ id }).update({ viewed_at: time });
    }
    await tx('view_log').where({ id: 21 }).update({ viewed_at: null });
  });
  const undated = ['20 undated', '21 undated', '1100 undated', '1101 undated', '1102 undated', '5100 undated'];
  await settle(database, '2026-11-20', 'Asia/Seoul', { workers: 1 });
  const { verdicts } = await database.knex('settle_statistics_run').first('verdicts');
  expect(JSON.parse(verdicts)).toMatchObject({ counted: 299, undated: 1, invalid: 0 });
  expect(await quarantineOf(database, null)).toEqual(undated);
  expect(await verifyDate(database, { date: '2026-11-20' })).toMatchObject({ equal: true });
  const first = await database.knex('settle_quarantine').orderBy('row_id').select('row_id', 'job_execution_id');
  // Once: another date's run leaves them as they are, and one that has got its time goes.
  await database.knex('view_log').where({ id: 1_101 }).update({ viewed_at: '2026-10-31 23:59:01.000' });
  await settle(database, '2026-11-19', 'Asia/Seoul', { workers: 1 });
  expect(await quarantineOf(database, null)).toEqual(undated.filter((line) => !line.startsWith('1101 ')));
  expect(await database.knex('settle_quarantine').orderBy('row_id').select('row_id', 'job_execution_id')).toEqual(
    first.filter(({ row_id }) => row_id !== 1_101),
  );
  await drop();
});
