/**
 * Values as they go into and come out of every dialect. Integers come back as a number when it is exact and as a
 * decimal text (or bigint) when it is not: these helpers are the one place that tells them apart.
 */
import { ExitCode, SettleError } from '../errors.ts';

/** A row as a driver gives it: what its columns hold is known only after one of the conversions below. */
export type Row = Readonly<Record<string, unknown>>;

/** What can be written to a column. Instants are text `YYYY-MM-DD HH:MM:SS.sss` in UTC (instant.ts). */
export type SqlValue = number | bigint | string | Uint8Array | null;

/** A 64-bit integer: a number where that is exact. Makes no object for the usual one. */
export type Integer = number | bigint;

/** An integer column's value, exactly; throws when it is not an integer. Accepts what SUM() gives: text on servers. */
export function toBigInt(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  throw new TypeError(`not an exact integer: ${describe(value)}`);
}

/** As `toBigInt`, for values known to fit 53 bits; throws when one does not, rather than rounding it. */
export function toNumber(value: unknown): number {
  const number = typeof value === 'number' ? value : Number(toBigInt(value));
  if (!Number.isSafeInteger(number)) throw new RangeError(`integer beyond 2^53: ${describe(value)}`);
  return number;
}

/** A text column's value; throws when it is none, NULL included. Dates and instants are texts as well. */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`not text: ${describe(value)}`);
}

/** As `toText`, for a column that may be NULL. */
export function toTextOrNull(value: unknown): string | null {
  return value === null ? null : toText(value);
}

/**
 * A text column's value where it is one of a list.
 * @param column what to call it: `TABLE.COLUMN`
 * @throws SettleError VALUE_UNKNOWN (exit 20) for anything else: nobody can say what is to be done with it
 */
export function toOneOf<T extends string>(value: unknown, allowed: readonly T[], column: string): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  const problem = `${column} holds ${describe(value)}, which settle does not know`;
  throw new SettleError('VALUE_UNKNOWN', ExitCode.invariantBroken, problem, { hint: `it knows ${allowed.join(', ')}` });
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return `${typeof value} ${String(value).slice(0, 40)}`;
}
