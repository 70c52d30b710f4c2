/** The database sums by itself: GROUP BY in the server, or in SQLite's library; in a process of its own. */
import { fileURLToPath } from 'node:url';
import { instantText } from '../../database/instant.ts';
import { workerModule } from '../../partition/worker-module.ts';
import { businessDay } from '../../rules/business-time.ts';
import type { CaseContext, Contender } from '../case.ts';
import { type DateTotals, differenceOf } from '../date-totals.ts';

export function groupBy(context: CaseContext, expected: DateTotals): Contender {
  return {
    name: 'group-by',
    label: 'SQL GROUP BY, one connection',
    role: 'limit',
    async run() {
      const { startMs, endMs } = businessDay(context.spec.date, context.spec.zone);
      const program = fileURLToPath(workerModule('group-by-process', import.meta.url));
      const env = { SETTLE_DATABASE_URL: context.database.url };
      const args = [program, instantText(startMs), instantText(endMs)];
      const { stdout, wallSeconds } = await context.runProcess(process.execPath, args, { env });
      const { seconds, videos, views, adViews, playSeconds } = JSON.parse(stdout);
      const totals = {
        videos,
        views: BigInt(views),
        adViews: BigInt(adViews),
        playSeconds: BigInt(playSeconds),
      };
      const wrong = differenceOf(totals, expected);
      return { seconds, wallSeconds, rows: Number(views), ...(wrong === undefined ? {} : { wrong }) };
    },
  };
}
