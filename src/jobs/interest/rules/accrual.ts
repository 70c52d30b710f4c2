/**
 * Interest of one account, exactly (domain.md section 12): end-of-day balances, accruals as fractions of one common
 * denominator, and what is capitalised at the end of each period. Works on runs of days in which nothing changes. Pure.
 */
import { civilOf, serialOf, textOfSerial } from './calendar.ts';
import { unitsAYear, unitsBetween } from './day-count.ts';
import type { CapitalisationRule, DatedRates, Product, Rate } from './product.ts';
import { roundFraction } from './rounding.ts';

/** Dates are days since 1970-01-01. */
export interface AccountTerms {
  /** The first day that accrues. */
  readonly openedOn: number;
  /** The first day that does not; null: open. */
  readonly closedOn: number | null;
  readonly product: Product;
}

/** Ascending by value date. Whole won, signed. */
export interface DatedAmount {
  readonly valueDate: number;
  readonly amount: bigint;
}

/** The end of a day. `accrued / denominator` is won. */
export interface DayState {
  readonly date: number;
  /** Whole won: entries and interest with a value date up to this day. */
  readonly balance: bigint;
  /** What was carried at the last capitalisation and the accruals since, this day's included. */
  readonly accrued: bigint;
  /** Whole won of `accrued` that are capitalised at the end of this day; 0n on other days. */
  readonly capitalised: bigint;
}

/** Interest that becomes balance: value date is the day after. */
export interface Capitalisation {
  /** Last day of the period. */
  readonly periodEnd: number;
  readonly amount: bigint;
}

export interface Accrual {
  /** Of every `accrued`. */
  readonly denominator: bigint;
  /** In order. */
  readonly capitalisations: readonly Capitalisation[];
  /** Of the days that were wanted and accrue, in order. */
  readonly days: readonly DayState[];
}

/** Where to go on: a day whose end is known. */
export interface KnownDay extends Omit<DayState, 'capitalised'> {
  readonly denominator: bigint;
}

/** The account cannot be computed: a reason for people. */
export class UnsoundAccount extends Error {}

/** Common scale of a product's rates, looked up once a product. */
const decimalsByProduct = new WeakMap<Product, number>();

/** What `accrued` of the account is a fraction of. */
export function denominatorOf(product: Product): bigint {
  return BigInt(unitsAYear[product.dayCount]) * 10n ** BigInt(decimalsOf(product));
}

/**
 * @param entries all of the account; value dates before the opening count from the opening on
 * @param through the last day that is computed
 * @param wanted days whose state is returned, ascending
 * @param known go on after this day instead of beginning at the opening; its denominator must be the account's
 * @throws UnsoundAccount
 */
export function accrue(
  { openedOn, closedOn, product }: AccountTerms,
  entries: readonly DatedAmount[],
  through: number,
  wanted: readonly number[],
  known?: KnownDay,
): Accrual {
  const denominator = denominatorOf(product);
  const decimals = decimalsOf(product);
  const capitalisations: Capitalisation[] = [];
  const days: DayState[] = [];
  const end = closedOn === null ? through + 1 : Math.min(through + 1, closedOn);
  let at = openedOn;
  let balance = 0n;
  let accrued = 0n;
  let nextEntry = 0;
  if (known !== undefined) {
    at = known.date + 1;
    ({ balance, accrued } = known);
    while (nextEntry < entries.length && entries[nextEntry].valueDate <= known.date) nextEntry++;
    if (known.date === periodEndOf(known.date, product.capitalise, closedOn)) {
      const amount = roundFraction(accrued, denominator, product.rounding);
      balance += amount;
      accrued -= amount * denominator;
    }
  }
  let nextWanted = wanted.findIndex((day) => day >= at);
  if (nextWanted < 0) nextWanted = wanted.length;
  let inForce = -1;
  while (at < end) {
    while (nextEntry < entries.length && entries[nextEntry].valueDate <= at) balance += entries[nextEntry++].amount;
    while (inForce + 1 < product.rates.length && product.rates[inForce + 1].from <= at) inForce++;
    if (inForce < 0) throw new UnsoundAccount(`product ${product.name} has no rate in force on ${textOfSerial(at)}`);
    const periodEnd = periodEndOf(at, product.capitalise, closedOn);
    let next = Math.min(end, periodEnd + 1);
    if (nextEntry < entries.length) next = Math.min(next, entries[nextEntry].valueDate);
    if (inForce + 1 < product.rates.length) next = Math.min(next, product.rates[inForce + 1].from);
    if (nextWanted < wanted.length) next = Math.min(next, wanted[nextWanted] + 1);
    accrued +=
      interestAYear(balance, product.rates[inForce], decimals) * BigInt(unitsBetween(product.dayCount, at, next));
    const day = next - 1;
    const amount = day === periodEnd ? roundFraction(accrued, denominator, product.rounding) : 0n;
    if (wanted[nextWanted] === day) {
      days.push({ date: day, balance, accrued, capitalised: amount });
      nextWanted++;
    }
    if (day === periodEnd) {
      capitalisations.push({ periodEnd: day, amount });
      balance += amount;
      accrued -= amount * denominator;
    }
    at = next;
  }
  return { denominator, capitalisations, days };
}

/** Interest of a whole year on the balance, in `10 ** -decimals` won. */
export function interestAYear(balance: bigint, { tiers, negativeRate }: DatedRates, decimals: number): bigint {
  if (balance < 0n) return negativeRate === undefined ? 0n : balance * scaled(negativeRate, decimals);
  let sum = 0n;
  for (let i = 0; i < tiers.length; i++) {
    const { from, rate } = tiers[i];
    if (balance <= from) break;
    const to = i + 1 < tiers.length && tiers[i + 1].from < balance ? tiers[i + 1].from : balance;
    sum += (to - from) * scaled(rate, decimals);
  }
  return sum;
}

/** The last day of the period that a day is in: of its month, quarter or year, but no later than the day before closing. */
export function periodEndOf(day: number, rule: CapitalisationRule, closedOn: number | null): number {
  const last = rule === 'at-close' ? Number.MAX_SAFE_INTEGER : calendarEnd(day, rule);
  return closedOn !== null && closedOn - 1 < last && closedOn > day ? closedOn - 1 : last;
}

function calendarEnd(day: number, rule: Exclude<CapitalisationRule, 'at-close'>): number {
  const { year, month } = civilOf(day);
  const months = rule === 'monthly' ? 1 : rule === 'quarterly' ? 3 : 12;
  const lastMonth = Math.ceil(month / months) * months;
  return serialOf({ year: lastMonth === 12 ? year + 1 : year, month: (lastMonth % 12) + 1, day: 1 }) - 1;
}

function decimalsOf(product: Product): number {
  const known = decimalsByProduct.get(product);
  if (known !== undefined) return known;
  let decimals = 0;
  for (const { tiers, negativeRate } of product.rates) {
    for (const { rate } of tiers) decimals = Math.max(decimals, rate.decimals);
    if (negativeRate !== undefined) decimals = Math.max(decimals, negativeRate.decimals);
  }
  decimalsByProduct.set(product, decimals);
  return decimals;
}

function scaled({ digits, decimals }: Rate, to: number): bigint {
  return decimals === to ? digits : digits * 10n ** BigInt(to - decimals);
}
