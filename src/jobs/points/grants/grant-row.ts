/** From a record of text fields to the journal of a grant of points. */
import { instantText } from '../../../database/instant.ts';
import { isSettleError } from '../../../errors.ts';
import { requireSound } from '../../../ledger/rules/journal.ts';
import type { JournalRequest } from '../../../ledger/types.ts';
import { businessDateOf } from '../../../rules/business-time.ts';
import type { ColumnDefinition } from '../../import/columns.ts';
import { Fields } from '../../import/fields.ts';
import { type IntegerRange, USER_ID } from '../../import/integer.ts';
import { LineProblem } from '../../import/line-problem.ts';
import type { Reading } from '../../import/reading.ts';
import type { InputRecord } from '../../import/records.ts';

export const grantColumns: readonly ColumnDefinition[] = [
  { name: 'key', required: true },
  { name: 'user_id', required: true },
  { name: 'amount', required: true },
  { name: 'granted_at', required: true },
  { name: 'expires_at', required: true, nullable: true },
  { name: 'reason', required: true },
];

const places = grantColumns.map((_, index) => index);
const POINTS: IntegerRange = { min: 1n, max: 2n ** 63n - 1n, description: '1 to 2^63 - 1' };
/** A date alone is its midnight. */
const DATE = /^\d{4}-\d\d-\d\d$/;
const KEY_LENGTH_MAX = 190;
const REASON_LENGTH_MAX = 500;

/**
 * The journal of a grant, dated by the day of `granted_at` in `dayZone`. The record holds the fields in the order of
 * `grantColumns`; an empty `expires_at` means never. Throws a LineProblem.
 */
export function parseGrant(record: InputRecord, reading: Reading, dayZone: string): JournalRequest {
  const parseTime: Reading['parseTime'] = (text) => reading.parseTime(DATE.test(text) ? `${text} 00:00` : text);
  const fields = new Fields(record, places, grantColumns, { ...reading, parseTime });
  const key = fields.text(0);
  const reason = fields.text(5);
  if (key === '' || key.length > KEY_LENGTH_MAX)
    throw new LineProblem(`key has ${key.length} characters, not 1 to ${KEY_LENGTH_MAX}`);
  if (key.trim() !== key) throw new LineProblem('key has blanks around it');
  if (reason.length > REASON_LENGTH_MAX) throw new LineProblem(`reason has more than ${REASON_LENGTH_MAX} characters`);
  if (/\p{Cc}/u.test(key + reason)) throw new LineProblem('key and reason hold no control characters');
  const ownerId = fields.integer(1, USER_ID);
  const amount = fields.integer(2, POINTS);
  const grantedMs = fields.time(3);
  const expiresMs = fields.isEmpty(4) ? undefined : fields.time(4);
  if (expiresMs !== undefined && expiresMs <= grantedMs) throw new LineProblem('expires_at is not after granted_at');
  const expiresAt = expiresMs === undefined ? null : instantText(expiresMs);
  const journal: JournalRequest = {
    key,
    kind: 'grant',
    businessDate: businessDateOf(grantedMs, dayZone),
    reason,
    entries: [
      { account: { type: 'grant', ownerId: 0n }, amount: -amount },
      { account: { type: 'user', ownerId }, amount, lot: { grantedAt: instantText(grantedMs), expiresAt } },
    ],
  };
  // Whatever else no ledger takes: one such line would end the file when it is written.
  try {
    requireSound(journal);
  } catch (error) {
    if (isSettleError(error)) throw new LineProblem(error.message);
    throw error;
  }
  return journal;
}
