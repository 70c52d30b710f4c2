/** What videos are paid in a period. Pure. */
import type { SettledVideo } from '../../jobs/video-settlement/read-settlement.ts';
import type { Period } from '../../rules/business-time.ts';
import { formatCount } from './format.ts';
import type { VideoTable } from './video-table.ts';

export function settlementTable(period: Period, rows: readonly SettledVideo[]): VideoTable<SettledVideo> {
  const totalOf = (row: SettledVideo) => row.viewAmount + row.adAmount;
  const total = rows.reduce((sum, row) => sum + totalOf(row), 0n);
  return {
    period,
    columns: { view_amount: (row) => row.viewAmount, ad_amount: (row) => row.adAmount, total: totalOf },
    rows,
    headline: `${formatCount(rows.length)} videos, ${formatCount(total)} won`,
    summary: { videos: rows.length, total },
  };
}
