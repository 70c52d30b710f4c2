/** From a record of text fields to a grant of points; a record that is none is kept, with the reason. */
import { instantText } from '../../database/instant.ts';
import type { JournalRequest } from '../../ledger/types.ts';
import { businessDateOf } from '../../rules/business-time.ts';
import type { ColumnDefinition } from '../import/columns.ts';
import { INT64, type IntegerRange, parseInteger } from '../import/integer.ts';
import { quote } from '../import/quote.ts';
import type { InputRecord } from '../import/records.ts';
import type { TimeParser } from '../import/view-time.ts';

export const grantColumns: readonly ColumnDefinition[] = [
  { name: 'key', required: true },
  { name: 'user_id', required: true },
  { name: 'amount', required: true },
  { name: 'granted_at', required: true },
  { name: 'expires_at', required: true },
  { name: 'reason', required: true },
];

const POINTS: IntegerRange = { min: 1n, max: 2n ** 63n - 1n, description: '1 to 2^63 - 1' };
const USER: IntegerRange = { ...INT64, min: 0n, description: '0 to 2^63 - 1' };
/** A date alone is its midnight. */
const DATE = /^\d{4}-\d\d-\d\d$/;
const KEY_LENGTH_MAX = 190;
const REASON_LENGTH_MAX = 500;

/** A line of a file of grants. */
export interface GrantLine {
  /** From 1, the header included. */
  readonly line: number;
  /** Its fields, in the order of `grantColumns`: what is kept of a line that is set aside. */
  readonly fields: readonly string[];
  readonly grant: JournalRequest | { readonly problem: string };
}

class NoGrant extends Error {}

/** @param places as `locateColumns` found `grantColumns` */
export function readGrantLine(
  { fields, line }: InputRecord,
  places: readonly number[],
  parseTime: TimeParser,
  dayZone: string,
): GrantLine {
  const own = places.map((place) => fields[place]);
  return { line, fields: own, grant: parseGrant(own, parseTime, dayZone) };
}
/**
 * The journal of a grant, dated by the day of `granted_at` in `dayZone`, or why there is none. An empty `expires_at`
 * means never.
 */
export function parseGrant(
  fields: readonly string[],
  parseTime: TimeParser,
  dayZone: string,
): JournalRequest | { readonly problem: string } {
  try {
    return toJournal(fields, parseTime, dayZone);
  } catch (error) {
    if (error instanceof NoGrant) return { problem: error.message };
    throw error;
  }
}

function toJournal(
  [key, userText, amountText, grantedText, expiresText, reason]: readonly string[],
  parseTime: TimeParser,
  dayZone: string,
): JournalRequest {
  const fail = (problem: string) => new NoGrant(problem);
  const integer = (name: string, text: string, range: IntegerRange): bigint => {
    const value = parseInteger(text, range);
    if (typeof value === 'string') throw fail(`${name} ${value}`);
    return BigInt(value);
  };
  const instant = (name: string, text: string): number => {
    const value = parseTime(DATE.test(text) ? `${text} 00:00` : text);
    if (value === undefined) throw fail(`${name} ${quote(text)} is no time`);
    return value;
  };
  if (key === '' || key.length > KEY_LENGTH_MAX)
    throw fail(`key has ${key.length} characters, not 1 to ${KEY_LENGTH_MAX}`);
  if (reason.length > REASON_LENGTH_MAX) throw fail(`reason has more than ${REASON_LENGTH_MAX} characters`);
  if (/\p{Cc}/u.test(key + reason)) throw fail('key and reason hold no control characters');
  const ownerId = integer('user_id', userText, USER);
  const amount = integer('amount', amountText, POINTS);
  const grantedMs = instant('granted_at', grantedText);
  const expiresMs = expiresText === '' ? undefined : instant('expires_at', expiresText);
  if (expiresMs !== undefined && expiresMs <= grantedMs) throw fail('expires_at is not after granted_at');
  const expiresAt = expiresMs === undefined ? null : instantText(expiresMs);
  return {
    key,
    kind: 'grant',
    businessDate: businessDateOf(grantedMs, dayZone),
    reason,
    entries: [
      { account: { type: 'grant', ownerId: 0n }, amount: -amount },
      { account: { type: 'user', ownerId }, amount, lot: { grantedAt: instantText(grantedMs), expiresAt } },
    ],
  };
}
