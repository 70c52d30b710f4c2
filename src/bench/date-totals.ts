/** Sums over all videos of a date, by which the results of contenders are checked outside of the clock. */
import type { Database } from '../database/database.ts';
import { instantText } from '../database/instant.ts';
import { toBigInt, toNumber } from '../database/values.ts';
import { businessDay } from '../rules/business-time.ts';
import type { DataSpec } from './data-spec.ts';

export interface DateTotals {
  readonly videos: number;
  readonly views: bigint;
  readonly adViews: bigint;
  readonly playSeconds: bigint;
}

/** Of all rows of the date in the log, whatever their verdict: what a job without rules comes to. */
export async function logTotals({ knex }: Database, { date, zone }: DataSpec): Promise<DateTotals> {
  const { startMs, endMs } = businessDay(date, zone);
  const row = await knex('view_log')
    .where('viewed_at', '>=', instantText(startMs))
    .where('viewed_at', '<', instantText(endMs))
    .countDistinct({ videos: 'video_id' })
    .count({ views: '*' })
    .sum({ adViews: 'ad_views', playSeconds: 'play_seconds' })
    .first();
  return totalsIn(row);
}

/** Of a table of statistics: settle's own or a peer's. */
export async function statisticsTotals({ knex }: Database, table: string, date: string): Promise<DateTotals> {
  const row = await knex(table)
    .where({ business_date: date })
    .count({ videos: '*' })
    .sum({ views: 'views', adViews: 'ad_views', playSeconds: 'play_seconds' })
    .first();
  return totalsIn(row);
}

/** In what the totals are not as expected; undefined when they are equal. */
export function differenceOf(totals: DateTotals, expected: DateTotals): string | undefined {
  const names: (keyof DateTotals)[] = ['videos', 'views', 'adViews', 'playSeconds'];
  const wrong = names.filter((name) => totals[name] !== expected[name]);
  if (wrong.length === 0) return undefined;
  return wrong.map((name) => `${name} ${totals[name]} instead of ${expected[name]}`).join(', ');
}

function totalsIn(row: Record<string, unknown> | undefined): DateTotals {
  const sum = (name: string) => toBigInt(row?.[name] ?? 0);
  return {
    videos: toNumber(row?.videos ?? 0),
    views: sum('views'),
    adViews: sum('adViews'),
    playSeconds: sum('playSeconds'),
  };
}
