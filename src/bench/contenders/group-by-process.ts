/**
 * A process of its own that lets the database do the sums: `GROUP BY video_id` over one date, every sum fetched. Prints
 * one line of JSON. Its database comes from SETTLE_DATABASE_URL, the bounds of the date (UTC) as arguments.
 */
import { openDatabase } from '../../database/open.ts';
import { streamRows } from '../../database/stream-rows.ts';
import { toBigInt } from '../../database/values.ts';
import { environment } from '../../environment.ts';

const [from, to] = process.argv.slice(2);
const database = await openDatabase(environment().SETTLE_DATABASE_URL!, { create: false });
const started = performance.now();
const sums = { videos: 0, views: 0n, adViews: 0n, playSeconds: 0n };
const sql = `SELECT video_id, COUNT(*) AS views, SUM(ad_views) AS ad_views, SUM(play_seconds) AS play_seconds
  FROM view_log WHERE viewed_at >= ? AND viewed_at < ? GROUP BY video_id`;
for await (const row of streamRows(database, sql, [from, to])) {
  sums.videos++;
  sums.views += toBigInt(row.views);
  sums.adViews += toBigInt(row.ad_views);
  sums.playSeconds += toBigInt(row.play_seconds);
}
const seconds = (performance.now() - started) / 1000;
await database.close();
const text = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
process.stdout.write(`${JSON.stringify({ seconds, ...sums }, text)}\n`);
