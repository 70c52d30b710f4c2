/** What the challenges of a date paid, summed up: pots, fee, what the house kept, payouts, refunds. Points are whole. */
import type { Database } from '../../../database/database.ts';
import { type Row, toBigInt, toNumber, toText } from '../../../database/values.ts';

const LISTED_MAX = 20;

export interface DatePots {
  readonly challenges: number;
  readonly members: bigint;
  readonly winners: bigint;
  /** Stakes of members. */
  readonly pot: bigint;
  readonly forfeited: bigint;
  readonly fee: bigint;
  /** To the house beside the fee. */
  readonly house: bigint;
  /** By `settle_payout`: to winners, and back to where stakes came from. */
  readonly payouts: bigint;
  readonly refunds: bigint;
  /** Stakes of those who withdrew before the start, which are refunded and in no pot. */
  readonly withdrawn: bigint;
  /** Pot and withdrawn stakes, less all that went out of them: 0. */
  readonly left: bigint;
  readonly first: readonly {
    readonly challengeId: bigint;
    readonly status: string;
    readonly members: bigint;
    readonly winners: bigint;
    readonly pot: bigint;
    readonly fee: bigint;
  }[];
}

/** Of the challenges that a run of the date settled or cancelled. */
export async function sumPots({ knex }: Database, date: string): Promise<DatePots> {
  const settled = () => knex('settle_challenge').where({ business_date: date });
  const columns = ['members', 'winners', 'pot', 'forfeited', 'fee', 'house'];
  const sums: Row | undefined = await settled()
    .count({ challenges: '*' })
    .sum(Object.fromEntries(columns.map((name) => [name, name])))
    .first();
  const paid: Row[] = await knex('settle_payout as p')
    .join('settle_challenge as c', 'c.challenge_id', 'p.challenge_id')
    .where({ 'c.business_date': date })
    .groupBy('p.kind', 'p.verdict')
    .select('p.kind', 'p.verdict')
    .sum({ payout: 'p.payout', stake: 'p.stake' });
  const first: Row[] = await settled()
    .orderBy([{ column: 'pot', order: 'desc' }, 'challenge_id'])
    .limit(LISTED_MAX);
  const sum = (column: string) => toBigInt(sums?.[column] ?? 0);
  const of = (column: string, isIt: (row: Row) => boolean) =>
    paid.filter(isIt).reduce((total, row) => total + toBigInt(row[column] ?? 0), 0n);
  const payouts = of('payout', ({ kind }) => kind === 'payout');
  const refunds = of('payout', ({ kind }) => kind === 'refund');
  const withdrawn = of('stake', ({ verdict }) => verdict === 'withdrawn');
  const [pot, fee, house] = [sum('pot'), sum('fee'), sum('house')];
  return {
    challenges: toNumber(sums?.challenges ?? 0),
    members: sum('members'),
    winners: sum('winners'),
    pot,
    forfeited: sum('forfeited'),
    fee,
    house,
    payouts,
    refunds,
    withdrawn,
    left: pot + withdrawn - fee - house - payouts - refunds,
    first: first.map((row) => ({
      challengeId: toBigInt(row.challenge_id),
      status: toText(row.status),
      members: toBigInt(row.members),
      winners: toBigInt(row.winners),
      pot: toBigInt(row.pot),
      fee: toBigInt(row.fee),
    })),
  };
}
