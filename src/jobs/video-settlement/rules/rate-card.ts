/**
 * Rate cards (domain.md section 4): what one view and one ad view of a video pay, by its cumulative count, from a date
 * on. Reads them from JSON, says what is wrong with one, and writes them in the one form that digests are taken of.
 */
import { usageError } from '../../../errors.ts';
import { parseBusinessDate } from '../../../rules/business-time.ts';
import { priceScale, priceText, type Tier } from './tiered-amount.ts';

export interface RateCard {
  readonly name: string;
  /** The first business date that it prices. */
  readonly effectiveFrom: string;
  readonly view: readonly Tier[];
  readonly adView: readonly Tier[];
}

const nameLengthMax = 100;
const tiersMax = 1_000;
const example = '{"name":"standard","effectiveFrom":"2000-01-01","view":[{"from":0,"price":"1"}],"adView":[...]}';

/**
 * A card from parsed JSON: `{"name", "effectiveFrom", "view": [{"from", "price"}, ...], "adView": [...]}`.
 * @throws SettleError (exit 2) naming the field that is wrong
 */
export function parseRateCard(value: unknown): RateCard {
  const card = requireObject(value, 'the rate card', ['name', 'effectiveFrom', 'view', 'adView']);
  const { name, effectiveFrom } = card;
  if (typeof name !== 'string' || name.trim() === '' || name.length > nameLengthMax || /\p{Cc}/u.test(name)) {
    throw wrong(`name must be a text of 1 to ${nameLengthMax} characters`);
  }
  if (typeof effectiveFrom !== 'string') throw wrong('effectiveFrom must be a date, written "YYYY-MM-DD"');
  return {
    name,
    effectiveFrom: parseBusinessDate(effectiveFrom),
    view: parseTiers(card.view, 'view'),
    adView: parseTiers(card.adView, 'adView'),
  };
}

/** The card as JSON on one line: equal cards have equal texts, however they were written (`"1.10"` is `"1.1"`). */
export function rateCardText({ name, effectiveFrom, view, adView }: RateCard): string {
  const tiers = (list: readonly Tier[]) =>
    list.map(({ from, price }) => ({ from: Number(from), price: priceText(price) }));
  return JSON.stringify({ name, effectiveFrom, view: tiers(view), adView: tiers(adView) });
}

/**
 * The card that prices a date: the one with the latest first date that has come; of several with that first date the
 * one that was imported last. Undefined before the first card.
 */
export function cardInForce<C extends { readonly cardNo: number; readonly card: RateCard }>(
  cards: readonly C[],
  date: string,
): C | undefined {
  let found: C | undefined;
  for (const one of cards) {
    const from = one.card.effectiveFrom;
    if (from > date) continue;
    const current = found?.card.effectiveFrom ?? '';
    if (from > current || (from === current && one.cardNo > (found?.cardNo ?? -1))) found = one;
  }
  return found;
}

function parseTiers(value: unknown, field: string): Tier[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > tiersMax) {
    throw wrong(`${field} must be a list of 1 to ${tiersMax} tiers`);
  }
  const tiers = value.map((item, i) => parseTier(item, `${field}[${i}]`));
  if (tiers[0].from !== 0n) throw wrong(`${field}[0].from must be 0: the first unit needs a price`);
  for (let i = 1; i < tiers.length; i++) {
    if (tiers[i].from <= tiers[i - 1].from) throw wrong(`${field}[${i}].from must be above that of the tier before`);
  }
  return tiers;
}

function parseTier(value: unknown, field: string): Tier {
  const { from, price } = requireObject(value, field, ['from', 'price']);
  if (typeof from !== 'number' || !Number.isSafeInteger(from) || from < 0) {
    throw wrong(`${field}.from must be a whole number of units, 0 or more`);
  }
  return { from: BigInt(from), price: parsePrice(price, `${field}.price`) };
}

/** A number of JSON has been through binary fractions already, so only a text is taken. */
function parsePrice(value: unknown, field: string): bigint {
  const match = typeof value === 'string' ? /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(value) : null;
  if (match === null) throw wrong(`${field} must be a decimal text with at most 9 decimals, for example "1.1"`);
  return BigInt(match[1]) * priceScale + BigInt((match[2] ?? '').padEnd(9, '0'));
}

function requireObject(value: unknown, what: string, fields: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`${what} must be an object`);
  const object = value as Record<string, unknown>;
  const missing = fields.find((field) => !Object.hasOwn(object, field));
  if (missing !== undefined) throw wrong(`${what} has no ${missing}`);
  const unknown = Object.keys(object).find((field) => !fields.includes(field));
  if (unknown !== undefined) throw wrong(`${what} has a field that is not known: ${JSON.stringify(unknown)}`);
  return object;
}

function wrong(message: string): Error {
  return usageError(`not a rate card: ${message}`, `Write it as ${example}`);
}
