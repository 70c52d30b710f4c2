/** Values that a column of the log can hold and settle cannot: that row is invalid, quarantined as it was, and no other. */
import { expect, test } from 'vitest';
import { verifyDate } from '../../../src/jobs/views/statistics/verify.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';
import { openBench, quarantineOf, settle } from './support.ts';

type Column = 'video_id' | 'viewer_id' | 'play_seconds' | 'ad_views';

/** Row id, the column and its SQL value, the reason; what the payload says is the value as text. */
const ANYWHERE: readonly [number, Column, string, string][] = [
  [10, 'play_seconds', '1152921504606846977', 'unreadable-play-seconds'],
  [11, 'play_seconds', '-1152921504606846977', 'unreadable-play-seconds'],
  [12, 'ad_views', '4611686018427387905', 'unreadable-ad-views'],
];
const ON_SERVERS: typeof ANYWHERE = [
  [13, 'viewer_id', '18446744073709551615', 'unreadable-viewer'],
  [14, 'viewer_id', '9223372036854775808', 'unreadable-viewer'],
  [15, 'video_id', '9223372036854775809', 'unknown-video'],
];
const ON_SQLITE: typeof ANYWHERE = [
  [13, 'viewer_id', "'guest'", 'unreadable-viewer'],
  [14, 'ad_views', '1.5', 'unreadable-ad-views'],
  [15, 'play_seconds', '1e300', 'unreadable-play-seconds'],
];

test.each(sampledDatabases(import.meta.url))('on $name', async ({ name }) => {
  const bench = await openBench(name);
  const { knex } = bench.database;
  if (name !== 'sqlite') {
    await knex.raw(`ALTER TABLE view_log MODIFY video_id BIGINT UNSIGNED, MODIFY viewer_id BIGINT UNSIGNED,
      MODIFY play_seconds BIGINT, MODIFY ad_views BIGINT`);
  }
  const unreadable = [...ANYWHERE, ...(name === 'sqlite' ? ON_SQLITE : ON_SERVERS)];
  await knex('video').insert({ id: 1, creator_id: 2 });
  // Two of each row: a value put aside must not stick to a row that a later batch has in its place.
  for (let id = 1; id <= 40; id++) {
    const view = { video_id: '1', viewer_id: `${id}`, viewed_at: `'2026-11-20 05:00:${id + 10}.000'` };
    const values: Record<string, string> = { id: `${id}`, ...view, play_seconds: '3', ad_views: '1' };
    for (const [row, column, value] of unreadable) if (row === id) values[column] = value;
    await knex.raw(`INSERT INTO view_log (${Object.keys(values)}) VALUES (${Object.values(values)})`);
  }
  const listed = unreadable.map(([id, , , reason]) => `${id} ${reason}`);
  // Both ways of reading; SQLite has one.
  for (const again of name === 'sqlite' ? [[]] : [[], ['--rerun']]) {
    const env = { SETTLE_PLAIN_SCAN: `${again.length}` };
    const run = await runSettle(['run', 'daily', '--date', '2026-11-20', ...again], { url: bench.test.url, env });
    expect(run.code, run.stderr).toBe(3);
    expect(await quarantineOf(bench.database, '2026-11-20')).toEqual(listed);
    for (const row of await knex('settle_quarantine').orderBy('row_id').select('row_id', 'payload')) {
      const [, column, value] = unreadable.find(([id]) => id === Number(row.row_id))!;
      expect(String(JSON.parse(row.payload)[column])).toBe(value === '1e300' ? '1e+300' : value.replaceAll("'", ''));
    }
    const sums = await knex('video_daily_stats').select('views', 'ad_views', 'play_seconds');
    expect(sums.map((sum) => ({ ...sum }))).toEqual([{ views: 33, ad_views: 33, play_seconds: 99 }]);
    expect(await verifyDate(bench.database, { date: '2026-11-20' })).toMatchObject({ equal: true });
  }
  await bench.drop();
});

test.each(sampledDatabases(import.meta.url).filter(({ name }) => name !== 'sqlite'))(
  'an id beyond signed 64 bits on $name: one line that names it',
  async ({ name }) => {
    for (const table of ['view_log', 'video']) {
      const bench = await openBench(name);
      const { knex } = bench.database;
      await knex.raw(`ALTER TABLE ${table} MODIFY id BIGINT UNSIGNED NOT NULL`);
      const view = { viewed_at: '2026-11-20 05:00:00.000', video_id: 1, viewer_id: 1, play_seconds: 1, ad_views: 1 };
      await knex('view_log').insert({ id: 1, ...view });
      await knex(table).insert({ id: '18446744073709551615', ...(table === 'video' ? {} : view) });
      await expect(settle(bench.database, '2026-11-20', 'Asia/Seoul', { workers: 1 })).rejects.toMatchObject({
        exitCode: 2,
        message: `${table} has a row with id 18446744073709551615, which is beyond 9223372036854775807`,
      });
      await bench.drop();
    }
  },
);
