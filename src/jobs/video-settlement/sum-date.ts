/**
 * What a date pays, summed up: units and prices by tier, the floors, adjustments, and credits of creators. Counted by the
 * database; nothing of it is held a video at a time.
 */
import type { Database } from '../../database/database.ts';
import { type Row, toBigInt, toNumber } from '../../database/values.ts';
import { listRateCards } from './rate-card-store.ts';
import { readReversals } from './reversals.ts';
import { priceScale, priceText, type Tier } from './rules/tiered-amount.ts';

/** Tiers that one statement sums. */
const TIERS_A_STATEMENT = 50;
const LISTED_MAX = 20;

/** Units of a tier that a date has reached, over all videos; won as decimal text. */
export interface TierSum {
  readonly card: string;
  readonly kind: 'views' | 'ads';
  readonly from: bigint;
  readonly price: string;
  readonly units: bigint;
  readonly won: string;
}

export interface DatePay {
  readonly tiers: readonly TierSum[];
  /** What the floors took: the tiers together, less what is paid, as decimal text. */
  readonly roundedDown: string;
  /** Whole won of the date's own settlements. */
  readonly videos: number;
  readonly viewAmount: bigint;
  readonly adAmount: bigint;
  /** Booked in the date about earlier ones. */
  readonly booked: AdjustmentSum;
  /** Booked in later dates about this one. */
  readonly corrections: AdjustmentSum;
  readonly credits: CreditSum;
}

export interface AdjustmentSum {
  readonly rows: number;
  readonly total: bigint;
  readonly first: readonly { videoId: bigint; correctedDate: string; bookedDate: string; total: bigint }[];
}

export interface CreditSum {
  /** Known ones. */
  readonly creators: number;
  readonly amount: bigint;
  /** To the suspense account: of videos whose creator is not known. */
  readonly suspense: bigint;
  readonly reversed: bigint;
  /** Creators with the largest sums. */
  readonly first: readonly { creatorId: bigint; amount: bigint }[];
}

export async function sumDate(database: Database, date: string): Promise<DatePay> {
  const { knex } = database;
  const own = () => knex('settle_video_settlement').where({ business_date: date, is_current: 1 });
  const byCard: Row[] = await own()
    .whereRaw('(views_after <> views_before OR ads_after <> ads_before)')
    .groupBy('card_no')
    .select('card_no')
    .count({ videos: '*' })
    .sum({ views: 'view_amount', ads: 'ad_amount' });
  const cards = await listRateCards(knex);
  const tiers: TierSum[] = [];
  let exact = 0n;
  for (const { card_no } of byCard) {
    const stored = cards.find(({ cardNo }) => cardNo === toNumber(card_no));
    if (stored === undefined) throw new Error(`rate card ${toNumber(card_no)} is missing`);
    const { card } = stored;
    for (const [kind, list] of [['views', card.view] as const, ['ads', card.adView] as const]) {
      const units = await sumUnits(database, date, toNumber(card_no), kind, list);
      list.forEach(({ from, price }, at) => {
        if (units[at] === 0n) return;
        exact += units[at] * price;
        const won = signedText(units[at] * price);
        tiers.push({ card: card.name, kind, from, price: priceText(price), units: units[at], won });
      });
    }
  }
  const viewAmount = sumOf(byCard, 'views');
  const adAmount = sumOf(byCard, 'ads');
  return {
    tiers,
    roundedDown: signedText(exact - (viewAmount + adAmount) * priceScale),
    videos: byCard.reduce((sum, { videos }) => sum + toNumber(videos), 0),
    viewAmount,
    adAmount,
    booked: await sumAdjustments(database, 'booked_date', date),
    corrections: await sumAdjustments(database, 'corrected_date', date),
    credits: await sumCredits(database, date),
  };
}

/** Units between the counts before and after the date, of each tier, over the videos that a card prices. */
async function sumUnits(
  { knex }: Database,
  date: string,
  cardNo: number,
  kind: 'views' | 'ads',
  tiers: readonly Tier[],
): Promise<bigint[]> {
  const sums: bigint[] = [];
  for (let first = 0; first < tiers.length; first += TIERS_A_STATEMENT) {
    const some = tiers.slice(first, first + TIERS_A_STATEMENT);
    const columns = some.map(({ from }, at) => {
      const to = tiers[first + at + 1]?.from;
      return `SUM(${clamped(`${kind}_after`, from, to)} - ${clamped(`${kind}_before`, from, to)}) AS tier_${at}`;
    });
    const row: Row | undefined = await knex('settle_video_settlement')
      .where({ business_date: date, is_current: 1, card_no: cardNo })
      .select(knex.raw(columns.join(', ')))
      .first();
    sums.push(...some.map((_tier, at) => toBigInt(row?.[`tier_${at}`] ?? 0)));
  }
  return sums;
}

/** The bounds are whole numbers of a rate card. */
function clamped(column: string, from: bigint, to: bigint | undefined): string {
  const upper = to === undefined ? '' : ` WHEN ${column} > ${to} THEN ${to}`;
  return `(CASE WHEN ${column} < ${from} THEN ${from}${upper} ELSE ${column} END)`;
}

async function sumAdjustments({ knex }: Database, column: string, date: string): Promise<AdjustmentSum> {
  const of = () => knex('settle_settlement_adjustment').where({ [column]: date });
  const sum: Row | undefined = await of().count({ rows: '*' }).sum({ total: 'total' }).first();
  const rows: Row[] = await of().orderBy(['corrected_date', 'video_id', 'adjustment_no']).limit(LISTED_MAX);
  return {
    rows: toNumber(sum?.rows ?? 0),
    total: toBigInt(sum?.total ?? 0),
    first: rows.map((row) => ({
      videoId: toBigInt(row.video_id),
      correctedDate: String(row.corrected_date),
      bookedDate: String(row.booked_date),
      total: toBigInt(row.total),
    })),
  };
}

async function sumCredits({ knex }: Database, date: string): Promise<CreditSum> {
  const of = () => knex('settle_creator_credit').where({ business_date: date });
  const known: Row | undefined = await of()
    .whereNotNull('creator_id')
    .countDistinct({ creators: 'creator_id' })
    .sum({ amount: 'amount' })
    .first();
  const suspense: Row | undefined = await of().whereNull('creator_id').sum({ amount: 'amount' }).first();
  const rows: Row[] = await of()
    .whereNotNull('creator_id')
    .groupBy('creator_id')
    .select('creator_id')
    .sum({ amount: 'amount' })
    .orderBy([{ column: 'amount', order: 'desc' }, 'creator_id'])
    .limit(LISTED_MAX);
  const reversals = await readReversals(knex, { from: date, to: date });
  return {
    creators: toNumber(known?.creators ?? 0),
    amount: toBigInt(known?.amount ?? 0),
    suspense: toBigInt(suspense?.amount ?? 0),
    reversed: reversals.reduce((sum, { amount }) => sum + amount, 0n),
    first: rows.map((row) => ({ creatorId: toBigInt(row.creator_id), amount: toBigInt(row.amount) })),
  };
}

function sumOf(rows: readonly Row[], column: string): bigint {
  return rows.reduce((sum, row) => sum + toBigInt(row[column] ?? 0), 0n);
}

function signedText(price: bigint): string {
  return price < 0n ? `-${priceText(-price)}` : priceText(price);
}
