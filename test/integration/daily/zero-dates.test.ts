/** A zero date, which old applications on MySQL write for "unknown", is a row without a time and hides no other row. */
import { expect, test } from 'vitest';
import { serverDatabases } from '../../support/databases.ts';
import { openBench, settle } from './support.ts';

test.each(serverDatabases())('on $name', async ({ name }) => {
  const { database, drop } = await openBench(name);
  await database.transaction(async (tx) => {
    await tx.raw("SET SESSION sql_mode = ''");
    await tx('video').insert({ id: 1, creator_id: null });
    for (const [id, viewedAt] of [
      [1, '2026-11-20 01:00:00.000'],
      [2, '0000-00-00 00:00:00.000'],
      [3, '2026-11-20 02:00:00.000'],
    ]) {
      await tx('view_log').insert({ id, video_id: 1, viewer_id: 7, viewed_at: viewedAt, play_seconds: 1, ad_views: 0 });
    }
  });
  await settle(database, '2026-11-20', 'Asia/Seoul', { workers: 1 });
  const { verdicts } = await database.knex('settle_statistics_run').first('verdicts');
  expect(JSON.parse(verdicts)).toMatchObject({ read: 3, counted: 2, undated: 1 });
  await drop();
});
