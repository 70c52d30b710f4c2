/** Settled dates whose settlements name another card than the one that is in force on them by now. */
import type { Database } from '../../database/database.ts';
import { toNumber } from '../../database/values.ts';
import { readRateCards } from './rate-card-store.ts';
import { cardInForce } from './rules/rate-card.ts';

/** By date, from the first to the last, both inside. */
export async function datesToReprice(
  { knex }: Database,
  period: { readonly from: string; readonly to: string },
): Promise<string[]> {
  const cards = await readRateCards(knex);
  const between = [period.from, period.to] as [string, string];
  // What a closed date was corrected by stands in its adjustments.
  const settled: Record<string, unknown>[] = await knex('settle_video_settlement as s')
    .join('settle_settlement_date as d', 'd.business_date', 's.business_date')
    .whereBetween('s.business_date', between)
    .where({ 's.is_current': 1 })
    .distinct('s.business_date', 's.card_no');
  const corrected: Record<string, unknown>[] = await knex('settle_settlement_adjustment')
    .whereBetween('corrected_date', between)
    .distinct('corrected_date as business_date', 'card_no');
  const isCorrected = new Set(corrected.map((row) => `${row.business_date} ${toNumber(row.card_no)}`));
  const dates = settled
    .filter((row) => {
      const date = String(row.business_date);
      const due = cardInForce(cards, date)?.cardNo;
      return due !== undefined && due !== toNumber(row.card_no) && !isCorrected.has(`${date} ${due}`);
    })
    .map((row) => String(row.business_date));
  return [...new Set(dates)].sort();
}
