/** Where an account's interest through a date comes from: entries, rates, every run of days, postings, corrections. */
import type { Database } from '../../database/database.ts';
import { readSnapshot } from '../../database/snapshot.ts';
import { type Row, toBigInt, toText } from '../../database/values.ts';
import { usageError } from '../../errors.ts';
import { addDays } from '../../rules/business-time.ts';
import { type InterestDay, type InterestPosting, readClosed, readDaysOfRange, readPostings } from './interest-store.ts';
import { readProducts } from './product-store.ts';
import { accrue, periodEndOf, UnsoundAccount } from './rules/accrual.ts';
import { serialOfText, textOfSerial } from './rules/calendar.ts';
import { unitsAYear, unitsBetween } from './rules/day-count.ts';
import { type Product, rateText } from './rules/product.ts';
import { decimalText } from './rules/rounding.ts';

/** Places of fractions of a won: enough to see what is carried. */
const places = 10;

/** Days of one balance and one rate, within one period. */
export interface ExplainedRun {
  readonly from: string;
  readonly to: string;
  readonly balance: bigint;
  readonly tiers: readonly { readonly part: bigint; readonly rate: string }[];
  /** `5/365` */
  readonly dayFraction: string;
  readonly accrual: string;
  /** Whole won that are capitalised at its end; null: no period ends there. */
  readonly capitalised: bigint | null;
}

export interface InterestExplanation {
  readonly account: bigint;
  readonly date: string;
  readonly product: string;
  readonly revision: number;
  readonly dayCount: string;
  readonly rounding: string;
  readonly capitalise: string;
  readonly openedOn: string;
  readonly closedOn: string | null;
  /** By today's inputs; null on a date on which the account does not accrue. */
  readonly balance: bigint | null;
  readonly accrued: string | null;
  /** What the run of the date stored; null: no run has. */
  readonly stored: { balance: bigint; accrued: string; revision: number; jobExecutionId: number } | null;
  /** Whether both are the same; false where entries came after the date was closed, or its run. */
  readonly agrees: boolean;
  readonly isClosed: boolean;
  readonly runs: readonly ExplainedRun[];
  readonly postings: readonly InterestPosting[];
  /** All accruals through the date, what of them was capitalised, and what is carried: the first is the sum of the others. */
  readonly sums: { readonly accruals: string; readonly capitalised: bigint; readonly carried: string };
}

/** @throws SettleError (exit 2) for an account that there is not, or that cannot be computed */
export async function explainInterest(
  database: Database,
  accountId: bigint,
  date: string,
): Promise<InterestExplanation> {
  return await readSnapshot(database, async (tx) => {
    const row: Row | undefined = await tx('deposit_account').where({ id: accountId.toString() }).first('*');
    if (row === undefined) throw usageError(`there is no deposit account ${accountId}`);
    const name = toText(row.product);
    const known = (await readProducts(tx)).get(name);
    if (known === undefined)
      throw usageError(`account ${accountId} is of product ${JSON.stringify(name)}, which there is not`);
    const { product, revision } = known;
    const openedOn = toText(row.opened_on);
    const closedOn = row.closed_on === null ? null : toText(row.closed_on);
    const terms = {
      openedOn: serialOfText(openedOn),
      closedOn: closedOn === null ? null : serialOfText(closedOn),
      product,
    };
    const rows: Row[] = await tx('deposit_entry')
      .where({ account_id: accountId.toString() })
      .orderBy(['value_date', 'id'])
      .select('value_date', 'amount');
    const entries = rows.map((one) => ({
      valueDate: serialOfText(toText(one.value_date)),
      amount: toBigInt(one.amount),
    }));
    const day = serialOfText(date);
    const cuts = cutsOf(
      product,
      entries.map(({ valueDate }) => valueDate),
      terms,
      day,
    );
    let result: ReturnType<typeof accrue>;
    try {
      result = accrue(terms, entries, day, cuts);
    } catch (error) {
      if (!(error instanceof UnsoundAccount)) throw error;
      throw usageError(`account ${accountId}: ${error.message}`);
    }
    const { denominator, capitalisations, days } = result;
    const runs: ExplainedRun[] = [];
    let [from, carried, total] = [terms.openedOn, 0n, 0n];
    for (const state of days) {
      const accrual = state.accrued - carried;
      const isEnd = state.date === periodEndOf(state.date, product.capitalise, terms.closedOn);
      const rates = product.rates.findLast((one) => one.from <= state.date)!;
      const units = unitsBetween(product.dayCount, from, state.date + 1);
      runs.push({
        from: textOfSerial(from),
        to: textOfSerial(state.date),
        balance: state.balance,
        tiers: partsOf(state.balance, rates),
        dayFraction: `${units}/${unitsAYear[product.dayCount]}`,
        accrual: decimalText(accrual, denominator, places),
        capitalised: isEnd ? state.capitalised : null,
      });
      total += accrual;
      carried = state.accrued - state.capitalised * denominator;
      from = state.date + 1;
    }
    const last = days.at(-1)?.date === day ? days.at(-1) : undefined;
    const stored = await storedDay(tx, accountId, date);
    const capitalised = capitalisations.reduce((sum, { amount }) => sum + amount, 0n);
    return {
      account: accountId,
      date,
      product: name,
      revision,
      dayCount: product.dayCount,
      rounding: product.rounding,
      capitalise: product.capitalise,
      openedOn,
      closedOn,
      balance: last?.balance ?? null,
      accrued: last === undefined ? null : decimalText(last.accrued, denominator, places),
      stored:
        stored === undefined
          ? null
          : {
              balance: stored.balance,
              accrued: decimalText(stored.accrued, stored.denominator, places),
              revision: stored.revision,
              jobExecutionId: stored.jobExecutionId,
            },
      agrees:
        stored?.balance === last?.balance &&
        (stored === undefined ||
          last === undefined ||
          stored.accrued * denominator === last.accrued * stored.denominator),
      isClosed: (await readClosed(tx)).has(date),
      runs,
      postings: (await readPostings(tx, accountId)).filter(
        ({ bookedDate, valueDate }) => bookedDate <= date && valueDate <= addDays(date, 1),
      ),
      sums: {
        accruals: decimalText(total, denominator, places),
        capitalised,
        carried: decimalText(total - capitalised * denominator, denominator, places),
      },
    };
  });
}

/** Last days of runs in which nothing changes, through the day. */
function cutsOf(
  product: Product,
  valueDates: readonly number[],
  terms: { readonly openedOn: number; readonly closedOn: number | null },
  day: number,
): number[] {
  const last = terms.closedOn === null ? day : Math.min(day, terms.closedOn - 1);
  const cuts = new Set([last]);
  for (const at of [...valueDates, ...product.rates.map(({ from }) => from)]) cuts.add(at - 1);
  for (let at = terms.openedOn; at <= last; ) {
    const end = periodEndOf(at, product.capitalise, terms.closedOn);
    cuts.add(end);
    at = end + 1;
  }
  return [...cuts].filter((cut) => cut >= terms.openedOn && cut <= last).sort((a, b) => a - b);
}

function partsOf(balance: bigint, rates: Product['rates'][number]): { part: bigint; rate: string }[] {
  if (balance < 0n) {
    return rates.negativeRate === undefined ? [] : [{ part: balance, rate: rateText(rates.negativeRate) }];
  }
  return rates.tiers.flatMap(({ from, rate }, i) => {
    const to = rates.tiers[i + 1]?.from ?? balance;
    const part = (balance < to ? balance : to) - from;
    return part > 0n ? [{ part, rate: rateText(rate) }] : [];
  });
}

async function storedDay(
  tx: Parameters<typeof readPostings>[0],
  accountId: bigint,
  date: string,
): Promise<Omit<InterestDay, 'inputDigest'> | undefined> {
  return (await readDaysOfRange(tx, date, { from: accountId, to: accountId })).get(accountId);
}
