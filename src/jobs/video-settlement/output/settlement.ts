/** What videos are paid in a period. Pure. */

import { formatCount } from '../../../cli/output/format.ts';
import type { Period } from '../../../rules/business-time.ts';
import { visibleLine } from '../../../rules/visible-text.ts';
import type { VideoTable } from '../../period/video-table.ts';
import type { SettledVideo } from '../read-settlement.ts';
import type { Reversal } from '../reversals.ts';

export function settlementTable(
  period: Period,
  rows: readonly SettledVideo[],
  reversals: readonly Reversal[] = [],
): VideoTable<SettledVideo> {
  const totalOf = (row: SettledVideo) => row.viewAmount + row.adAmount;
  const total = rows.reduce((sum, row) => sum + totalOf(row), 0n);
  return {
    period,
    columns: { view_amount: (row) => row.viewAmount, ad_amount: (row) => row.adAmount, total: totalOf },
    rows,
    headline: `${formatCount(rows.length)} videos, ${formatCount(total)} won${reversals.length === 0 ? '' : `, of which ${reversedText(reversals)}`}`,
    summary: { videos: rows.length, total, ...(reversals.length === 0 ? {} : { reversedCredits: reversals }) },
  };
}

/** `1,204 won in 2 credits were reversed`. */
export function reversedText(reversals: readonly Reversal[]): string {
  const won = reversals.reduce((sum, { amount }) => sum + amount, 0n);
  const credits = reversals.length === 1 ? '1 credit' : `${formatCount(reversals.length)} credits`;
  return `${formatCount(won)} won in ${credits} were reversed`;
}

/** One reversed credit, for people. */
export function reversalText({ reversalKey, reversedOn, amount, reason }: Reversal): string {
  return visibleLine(`${formatCount(amount)} won taken back on ${reversedOn} by ${reversalKey}: ${reason}`);
}
