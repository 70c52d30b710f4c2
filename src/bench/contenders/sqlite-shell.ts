/** The sqlite3 shell: GROUP BY over one date of the same file. */
import { instantText } from '../../database/instant.ts';
import { parseDatabaseUrl } from '../../database/url.ts';
import { businessDay } from '../../rules/business-time.ts';
import type { CaseContext, Contender } from '../case.ts';
import { type DateTotals, differenceOf } from '../date-totals.ts';

export function sqliteShell(context: CaseContext, totals: DateTotals): Contender {
  return {
    name: 'sqlite3-shell',
    label: 'sqlite3 shell, GROUP BY',
    role: 'limit',
    async prepare() {
      await context.runProcess('sqlite3', ['-version']);
      return undefined;
    },
    async run() {
      const url = parseDatabaseUrl(context.database.url);
      if (url.kind !== 'sqlite') throw new Error('this is no SQLite database');
      const { startMs, endMs } = businessDay(context.spec.date, context.spec.zone);
      const bound = `viewed_at >= '${instantText(startMs)}' AND viewed_at < '${instantText(endMs)}'`;
      const sums = 'SELECT COUNT(*) AS views, SUM(ad_views) AS ads, SUM(play_seconds) AS seconds FROM view_log';
      // Every sum is made, as settle makes it; they are added up again only to print a line instead of many.
      const sql = `SELECT COUNT(*), SUM(views), SUM(ads), SUM(seconds) FROM (${sums} WHERE ${bound} GROUP BY video_id)`;
      const { stdout, wallSeconds } = await context.runProcess('sqlite3', ['-readonly', '-list', url.path, sql]);
      const [videos, views, adViews, playSeconds] = stdout.trim().split('|').map(BigInt);
      const wrong = differenceOf({ videos: Number(videos), views, adViews, playSeconds }, totals);
      return { seconds: wallSeconds, rows: Number(views), ...(wrong === undefined ? {} : { wrong }) };
    },
  };
}
