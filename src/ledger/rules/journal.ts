/**
 * What may be asked of the ledger: accounts, entries, journals, and which requests are sound in themselves
 * (domain.md section 5). Pure: whether the points are there is decided in ledger-book.ts.
 */
import { ExitCode, SettleError } from '../../errors.ts';
import { recordPrefix } from './record.ts';

export const accountTypes = [
  'user',
  'escrow',
  'house',
  'breakage',
  'suspense',
  'expense',
  'grant',
  'deposit',
  'interest',
] as const;
/**
 * user: a member's points, in lots. escrow: the stakes of a challenge. house: fees and forfeits. breakage: points that
 * expired. suspense: money whose owner is unknown. expense: where payments to creators come from. grant: where granted
 * points come from. deposit: interest that a deposit account was given. interest: where that comes from.
 */
export type AccountType = (typeof accountTypes)[number];

/** An account is its type and its owner: a user, a challenge for `escrow`, 0n where there is only one of the type. */
export interface AccountRef {
  readonly type: AccountType;
  readonly ownerId: bigint;
}

/** Of a lot that a credit opens. Instants are UTC texts `YYYY-MM-DD HH:MM:SS.sss`. */
export interface LotTerms {
  /** The first instant at which the points are no longer good; null: they never expire. */
  readonly expiresAt: string | null;
  /** Default: the journal's business date at 00:00:00.000. */
  readonly grantedAt?: string;
}

export interface EntryRequest {
  readonly account: AccountRef;
  /** Whole points (or won), signed, not 0: positive adds to the account, negative takes from it. */
  readonly amount: bigint;
  /** For credits to users. Default: never expires, granted at the business date. */
  readonly lot?: LotTerms;
}

export interface JournalRequest {
  /** Idempotency key, 1 to 190 characters: the same key always means the same journal. */
  readonly key: string;
  /** What kind of event it records, e.g. `challenge-payout`; at most 40 characters. */
  readonly kind: string;
  /** YYYY-MM-DD */
  readonly businessDate: string;
  /** For people; at most 500 characters. */
  readonly reason: string;
  /** At least two, at most `journalLinesMax`; they sum to 0. Entries take effect in this order. */
  readonly entries: readonly EntryRequest[];
  /**
   * Keys of earlier journals whose consumption of lots this one gives back: each credit to a user first restores the
   * lots that those journals took from that user, with their expiry; only what is left of it opens a new lot.
   */
  readonly restoresLotsOf?: readonly string[];
  /** Key of the journal that this one reverses; a journal is reversed once. Made by `reverseJournal`. */
  readonly reverses?: string;
}

export const journalLinesMax = 10_000;
export const LEDGER_KEY_CONFLICT = 'LEDGER_KEY_CONFLICT';
export const LEDGER_JOURNAL_UNSOUND = 'LEDGER_JOURNAL_UNSOUND';
export const LEDGER_JOURNAL_UNKNOWN = 'LEDGER_JOURNAL_UNKNOWN';
export const LEDGER_ALREADY_REVERSED = 'LEDGER_ALREADY_REVERSED';
export const INSUFFICIENT_POINTS = 'INSUFFICIENT_POINTS';
export const BALANCE_BEYOND_63_BITS = 'BALANCE_BEYOND_63_BITS';
/** What a request can be refused for by what the ledger holds: it is passed over alone, and others go on. */
export const refusalCodes: ReadonlySet<string> = new Set([INSUFFICIENT_POINTS, BALANCE_BEYOND_63_BITS]);

/** The most that an account holds, and the least with the sign turned: what every database keeps exactly. */
export const balanceMax = 2n ** 63n - 1n;
const int64Max = balanceMax;
const types: ReadonlySet<string> = new Set(accountTypes);

/** An error about one journal. `journalKey` survives a thread boundary, as the code does. */
export class LedgerError extends SettleError {
  readonly journalKey: string;

  constructor(code: string, journalKey: string, problem: string, hint?: string) {
    super(code, ExitCode.failed, `journal ${journalKey}: ${problem}`, { hint });
    this.journalKey = journalKey;
  }
}

/** Users and escrows may never hold less than nothing. */
export function isGuarded(type: AccountType): boolean {
  return type === 'user' || type === 'escrow';
}

/** The account as one text, e.g. `user:7`: a key for maps, and how messages name it. */
export function accountKey({ type, ownerId }: AccountRef): string {
  return `${type}:${ownerId}`;
}

/** @throws LedgerError LEDGER_JOURNAL_UNSOUND when no ledger could ever take the request. */
export function requireSound(request: JournalRequest): void {
  const problem = problemOf(request);
  if (problem !== undefined) throw new LedgerError(LEDGER_JOURNAL_UNSOUND, request.key, problem);
}

function problemOf({ key, kind, businessDate, reason, entries }: JournalRequest): string | undefined {
  if (key.length < 1 || key.length > 190) return `a key has 1 to 190 characters, this one ${key.length}`;
  // Databases differ in whether a blank at the end tells keys apart.
  if (key.trim() !== key) return 'a key has no blanks around it';
  if (key.startsWith(recordPrefix)) return `keys that begin with ${recordPrefix} are for records`;
  // They would reach the terminal of whoever reads a statement.
  if (/\p{Cc}/u.test(key + kind + reason)) return 'key, kind and reason hold no control characters';
  if (kind.length < 1 || kind.length > 40) return 'a kind has 1 to 40 characters';
  if (reason.length > 500) return `a reason has at most 500 characters, this one ${reason.length}`;
  if (!isInstant(`${businessDate} 00:00:00.000`)) return `${businessDate} is no business date`;
  if (entries.length < 2) return 'it has fewer than two entries';
  if (entries.length > journalLinesMax) return `it has more than ${journalLinesMax} entries`;
  let sum = 0n;
  for (const { account, amount, lot } of entries) {
    if (!types.has(account.type)) return `there is no account type ${account.type}`;
    if (account.ownerId < 0n || account.ownerId > int64Max) return `${account.ownerId} is no owner of an account`;
    if (amount === 0n) return `the amount for ${accountKey(account)} is 0`;
    if (amount > int64Max || amount < -int64Max) return `the amount for ${accountKey(account)} is beyond 64 bits`;
    if (lot !== undefined && (account.type !== 'user' || amount < 0n)) return 'only a credit to a user opens a lot';
    for (const instant of [lot?.expiresAt, lot?.grantedAt]) {
      if (typeof instant === 'string' && !isInstant(instant)) return `${instant} is no instant`;
    }
    sum += amount;
  }
  return sum === 0n ? undefined : `its entries sum to ${sum} instead of 0`;
}

/** The last one that was found good: a batch has few different ones. */
let lastInstant = '';

/** True for the written form of an instant, as every database gives it back. */
function isInstant(text: string): boolean {
  if (text === lastInstant) return true;
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{3}$/.test(text)) return false;
  const date = new Date(`${text.replace(' ', 'T')}Z`);
  const isReal = !Number.isNaN(date.getTime()) && date.toISOString().slice(0, -1) === text.replace(' ', 'T');
  if (isReal) lastInstant = text;
  return isReal;
}
