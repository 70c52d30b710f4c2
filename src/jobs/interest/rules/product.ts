/**
 * Products of deposit accounts (domain.md section 12): how days are counted, how and when interest is capitalised, and
 * the rates by date and tier. Reads them from JSON, says what is wrong with one, and writes them in the one form that
 * digests are taken of.
 */
import { usageError } from '../../../errors.ts';
import { parseBusinessDate } from '../../../rules/business-time.ts';
import { serialOfText, textOfSerial } from './calendar.ts';
import { type DayCount, dayCounts } from './day-count.ts';
import { type Rounding, roundings } from './rounding.ts';

export const capitalisations = ['monthly', 'quarterly', 'yearly', 'at-close'] as const;
export type CapitalisationRule = (typeof capitalisations)[number];

/** A rate a year, exactly: `digits / 10 ** decimals`. */
export interface Rate {
  readonly digits: bigint;
  readonly decimals: number;
}

/** The part of a balance from here up to the next tier earns this rate. */
export interface RateTier {
  /** Whole won, 0 or more. */
  readonly from: bigint;
  readonly rate: Rate;
}

/** What is in force from a date until the next one. */
export interface DatedRates {
  /** Days since 1970-01-01. */
  readonly from: number;
  readonly tiers: readonly RateTier[];
  /** Of a balance below 0; undefined: it earns nothing and costs nothing. A positive rate is charged. */
  readonly negativeRate: Rate | undefined;
}

export interface Product {
  readonly name: string;
  readonly dayCount: DayCount;
  readonly rounding: Rounding;
  readonly capitalise: CapitalisationRule;
  /** Ascending by date. */
  readonly rates: readonly DatedRates[];
}

const nameLengthMax = 100;
const ratesMax = 10_000;
const tiersMax = 1_000;
const decimalsMax = 12;
const example =
  '{"name":"saver","dayCount":"ACT/365F","rounding":"down","capitalise":"monthly","rates":[{"from":"2024-01-01","tiers":[{"from":0,"rate":"0.025"}]}]}';

/**
 * Products from parsed JSON: one object, or a list of them.
 * @throws SettleError (exit 2) naming the field that is wrong
 */
export function parseProducts(value: unknown): Product[] {
  const products = Array.isArray(value)
    ? value.map((one, i) => parseProduct(one, `[${i}].`))
    : [parseProduct(value, '')];
  if (products.length === 0) throw wrong('the list is empty');
  const names = new Set<string>();
  for (const { name } of products) {
    if (names.has(name)) throw wrong(`the product ${JSON.stringify(name)} is there twice`);
    names.add(name);
  }
  return products;
}

/** One product of the form that `productText` writes. */
export function parseProduct(value: unknown, at = ''): Product {
  const fields = ['name', 'dayCount', 'rounding', 'capitalise', 'rates'];
  const product = requireObject(value, at === '' ? 'the product' : at.slice(0, -1), fields, []);
  const { name, rates } = product;
  if (typeof name !== 'string' || name.trim() !== name || name === '' || name.length > nameLengthMax) {
    throw wrong(`${at}name must be a text of 1 to ${nameLengthMax} characters, without blanks around it`);
  }
  if (/\p{Cc}/u.test(name)) throw wrong(`${at}name has a control character`);
  if (!Array.isArray(rates) || rates.length === 0 || rates.length > ratesMax) {
    throw wrong(`${at}rates must be a list of 1 to ${ratesMax} entries`);
  }
  const dated = rates.map((one, i) => parseRates(one, `${at}rates[${i}]`)).sort((a, b) => a.from - b.from);
  for (let i = 1; i < dated.length; i++) {
    if (dated[i].from === dated[i - 1].from) throw wrong(`${at}rates has ${textOfSerial(dated[i].from)} twice`);
  }
  return {
    name,
    dayCount: choice(product.dayCount, dayCounts, `${at}dayCount`),
    rounding: choice(product.rounding, roundings, `${at}rounding`),
    capitalise: choice(product.capitalise, capitalisations, `${at}capitalise`),
    rates: dated,
  };
}

/** The product as JSON on one line: equal products have equal texts, however they were written (`"0.10"` is `"0.1"`). */
export function productText({ name, dayCount, rounding, capitalise, rates }: Product): string {
  return JSON.stringify({
    name,
    dayCount,
    rounding,
    capitalise,
    rates: rates.map(({ from, tiers, negativeRate }) => ({
      from: textOfSerial(from),
      tiers: tiers.map((tier) => ({ from: String(tier.from), rate: rateText(tier.rate) })),
      ...(negativeRate === undefined ? {} : { negativeRate: rateText(negativeRate) }),
    })),
  });
}

/** The decimal text, without zeros at its end. */
export function rateText({ digits, decimals }: Rate): string {
  const sign = digits < 0n ? '-' : '';
  const text = (digits < 0n ? -digits : digits).toString().padStart(decimals + 1, '0');
  const whole = text.slice(0, text.length - decimals);
  const fraction = withoutTrailingZeros(text.slice(text.length - decimals));
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function parseRates(value: unknown, field: string): DatedRates {
  const { from, tiers, negativeRate } = requireObject(value, field, ['from', 'tiers'], ['negativeRate']);
  if (typeof from !== 'string') throw wrong(`${field}.from must be a date, written "YYYY-MM-DD"`);
  if (!Array.isArray(tiers) || tiers.length === 0 || tiers.length > tiersMax) {
    throw wrong(`${field}.tiers must be a list of 1 to ${tiersMax} tiers`);
  }
  const parsed = tiers.map((tier, i) => parseTier(tier, `${field}.tiers[${i}]`));
  if (parsed[0].from !== 0n) throw wrong(`${field}.tiers[0].from must be 0: the first won needs a rate`);
  for (let i = 1; i < parsed.length; i++) {
    if (parsed[i].from <= parsed[i - 1].from)
      throw wrong(`${field}.tiers[${i}].from must be above that of the tier before`);
  }
  return {
    from: serialOfText(parseBusinessDate(from)),
    tiers: parsed,
    negativeRate: negativeRate === undefined ? undefined : parseRate(negativeRate, `${field}.negativeRate`),
  };
}

function parseTier(value: unknown, field: string): RateTier {
  const { from, rate } = requireObject(value, field, ['from', 'rate'], []);
  const isWhole = typeof from === 'number' ? Number.isSafeInteger(from) : /^\d{1,18}$/.test(String(from));
  if (!isWhole || Number(from) < 0) throw wrong(`${field}.from must be whole won, 0 or more`);
  return { from: BigInt(from as number | string), rate: parseRate(rate, `${field}.rate`) };
}

/** A number of JSON has been through binary fractions already, so only a text is taken. */
function parseRate(value: unknown, field: string): Rate {
  const match = typeof value === 'string' ? /^(-?)(\d{1,4})(?:\.(\d+))?$/.exec(value) : null;
  const fraction = withoutTrailingZeros(match?.[3] ?? '');
  if (match === null || fraction.length > decimalsMax) {
    throw wrong(`${field} must be a decimal text with at most ${decimalsMax} decimals, for example "0.025"`);
  }
  const digits = BigInt(match[2] + fraction);
  return { digits: match[1] === '-' ? -digits : digits, decimals: fraction.length };
}

function choice<T extends string>(value: unknown, choices: readonly T[], field: string): T {
  const found = choices.find((one) => one === value);
  if (found === undefined) throw wrong(`${field} must be one of ${choices.join(', ')}`);
  return found;
}

function requireObject(
  value: unknown,
  what: string,
  required: readonly string[],
  optional: readonly string[],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`${what} must be an object`);
  const fields = new Map(Object.entries(value));
  const missing = required.find((field) => !fields.has(field));
  if (missing !== undefined) throw wrong(`${what} has no ${missing}`);
  const unknown = [...fields.keys()].find((field) => !required.includes(field) && !optional.includes(field));
  if (unknown !== undefined) throw wrong(`${what} has a field that is not known: ${JSON.stringify(unknown)}`);
  return Object.fromEntries(fields);
}

function wrong(message: string): Error {
  return usageError(`not a deposit product: ${message}`, `Write it as ${example}`);
}

/** In linear time, which a regular expression is not. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
