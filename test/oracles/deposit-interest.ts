/**
 * Interest of a deposit account, day by day with fractions, straight from domain.md section 12 and the formulas of the
 * 2006 ISDA Definitions, section 4.16. Slow and plain; imports nothing of src/.
 */

export interface OracleProduct {
  readonly name: string;
  readonly dayCount: string;
  readonly rounding: string;
  readonly capitalise: string;
  readonly rates: readonly {
    readonly from: string;
    readonly tiers: readonly { readonly from: number; readonly rate: string }[];
    readonly negativeRate?: string;
  }[];
}

export interface OracleAccount {
  readonly id: bigint;
  readonly product: OracleProduct;
  readonly openedOn: string;
  readonly closedOn: string | null;
}

export interface OracleEntry {
  readonly id: bigint;
  readonly accountId: bigint;
  readonly valueDate: string;
  readonly amount: bigint;
}

export interface OracleDay {
  readonly balance: bigint;
  /** A decimal of ten places, cut off. */
  readonly accrued: string;
  readonly capitalised: bigint;
}

type Fraction = readonly [numerator: bigint, denominator: bigint];

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b));

function reduced(numerator: bigint, denominator: bigint): Fraction {
  const by = gcd(numerator, denominator);
  return [numerator / by, denominator / by];
}
const plus = ([a, b]: Fraction, [c, d]: Fraction): Fraction => reduced(a * d + c * b, b * d);
const times = ([a, b]: Fraction, [c, d]: Fraction): Fraction => reduced(a * c, b * d);

function decimal(text: string): Fraction {
  const [whole, fraction = ''] = text.replace('-', '').split('.');
  return reduced(BigInt(whole + fraction) * (text.startsWith('-') ? -1n : 1n), 10n ** BigInt(fraction.length));
}

export function nextDate(date: string, days = 1): string {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** Of [from, to) as the definitions write it, for any two dates. (b), (d), (e), (f), (g) of section 4.16. */
export function dayCountFraction(dayCount: string, from: string, to: string): Fraction {
  const [y1, m1, d1] = from.split('-').map(Number);
  const [y2, m2, d2] = to.split('-').map(Number);
  const actual = (Date.parse(to) - Date.parse(from)) / 86_400_000;
  const thirty = (first: number, second: number) =>
    reduced(BigInt(360 * (y2 - y1) + 30 * (m2 - m1) + (second - first)), 360n);
  if (dayCount === 'ACT/365F') return reduced(BigInt(actual), 365n);
  if (dayCount === 'ACT/360') return reduced(BigInt(actual), 360n);
  if (dayCount === '30/360') return thirty(d1 === 31 ? 30 : d1, d2 === 31 && d1 > 29 ? 30 : d2);
  if (dayCount === '30E/360') return thirty(d1 === 31 ? 30 : d1, d2 === 31 ? 30 : d2);
  let sum: Fraction = [0n, 1n];
  for (let date = from; date < to; date = nextDate(date)) {
    const year = Number(date.slice(0, 4));
    const isLeap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
    sum = plus(sum, [1n, isLeap ? 366n : 365n]);
  }
  return sum;
}

function accrualOf({ product }: OracleAccount, balance: bigint, date: string): Fraction {
  const rates = [...product.rates].sort((a, b) => (a.from < b.from ? 1 : -1)).find(({ from }) => from <= date)!;
  let year: Fraction = [0n, 1n];
  if (balance < 0n) {
    if (rates.negativeRate !== undefined) year = times([balance, 1n], decimal(rates.negativeRate));
  } else {
    rates.tiers.forEach(({ from, rate }, i) => {
      const to = rates.tiers[i + 1]?.from;
      const upper = to === undefined || balance < BigInt(to) ? balance : BigInt(to);
      if (upper > BigInt(from)) year = plus(year, times([upper - BigInt(from), 1n], decimal(rate)));
    });
  }
  return times(year, dayCountFraction(product.dayCount, date, nextDate(date)));
}

function isLastDay({ product, closedOn }: OracleAccount, date: string): boolean {
  const next = nextDate(date);
  if (next === closedOn) return true;
  if (product.capitalise === 'at-close' || !next.endsWith('-01')) return false;
  const month = Number(next.slice(5, 7));
  if (product.capitalise === 'monthly') return true;
  return product.capitalise === 'quarterly' ? month % 3 === 1 : month === 1;
}

function round([n, d]: Fraction, rounding: string): bigint {
  const sign = n < 0n ? -1n : 1n;
  const size = n * sign;
  const [whole, rest] = [size / d, size % d];
  const half = rest * 2n === d;
  const up = rounding !== 'down' && (rest * 2n > d || (half && (rounding === 'half-up' || whole % 2n === 1n)));
  return sign * (up ? whole + 1n : whole);
}

function tenPlaces([n, d]: Fraction): string {
  const scaled = ((n < 0n ? -n : n) * 10n ** 10n) / d;
  const text = scaled.toString().padStart(11, '0');
  return `${n < 0n && scaled > 0n ? '-' : ''}${text.slice(0, -10)}.${text.slice(-10)}`;
}

/** Every day that accrues through a date, and all that was accrued, capitalised and is carried. */
export function interestOf(account: OracleAccount, entries: readonly OracleEntry[], through: string) {
  const days = new Map<string, OracleDay>();
  let accrued: Fraction = [0n, 1n];
  let total: Fraction = [0n, 1n];
  let capitalised = 0n;
  for (let date = account.openedOn; date <= through && date !== account.closedOn; date = nextDate(date)) {
    let balance = capitalised;
    for (const entry of entries) {
      if (entry.accountId === account.id && entry.valueDate <= date) balance += entry.amount;
    }
    const accrual = accrualOf(account, balance, date);
    accrued = plus(accrued, accrual);
    total = plus(total, accrual);
    const amount = isLastDay(account, date) ? round(accrued, account.product.rounding) : 0n;
    days.set(date, { balance, accrued: tenPlaces(accrued), capitalised: amount });
    accrued = plus(accrued, [-amount, 1n]);
    capitalised += amount;
  }
  return { days, total, capitalised, carried: accrued };
}
