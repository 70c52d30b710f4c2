/** Whole numbers of an input file, exactly: numbers where they are exact, bigints beyond. */
import { quote } from './quote.ts';

const PATTERN = /^-?\d+$/;
/** Up to here every integer is exact as a number. */
const DIGITS_EXACT = 15;
/** More digits than this, leading zeros aside, are more than 64 bits: they are not even computed. */
const DIGITS_MAX = 19;

export interface IntegerRange {
  readonly min: bigint;
  readonly max: bigint;
  /** For the message: what a value outside is told. */
  readonly description: string;
}

export const INT32: IntegerRange = { min: -(2n ** 31n), max: 2n ** 31n - 1n, description: '-2^31 to 2^31 - 1' };
export const INT64: IntegerRange = { min: -(2n ** 63n), max: 2n ** 63n - 1n, description: '-2^63 to 2^63 - 1' };
/** Ids of rows begin at 1. */
export const ROW_ID: IntegerRange = { min: 1n, max: 2n ** 63n - 1n, description: '1 to 2^63 - 1' };

/** Owners of accounts on the ledger. */
export const USER_ID: IntegerRange = { min: 0n, max: 2n ** 63n - 1n, description: '0 to 2^63 - 1' };

/** The value, or a text that says what is wrong with it. */
export function parseInteger(text: string, range: IntegerRange): number | bigint | string {
  if (!PATTERN.test(text)) return text === '' ? 'is empty' : `${quote(text)} is not a whole number`;
  if (text.length <= DIGITS_EXACT) {
    const value = Number(text);
    return value >= Number(range.min) && value <= Number(range.max) ? value : outside(text, range);
  }
  if (text.replace(/^-?0*/, '').length > DIGITS_MAX) return outside(text, range);
  const value = BigInt(text);
  if (value < range.min || value > range.max) return outside(text, range);
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : value;
}

function outside(text: string, range: IntegerRange): string {
  return `${quote(text)} is outside of ${range.description}`;
}
