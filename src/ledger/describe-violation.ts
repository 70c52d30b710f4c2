/**
 * A violation in words for whoever has to look into it: which journal it is (key, kind, date), whose entry, what amount,
 * and, where the journal's own hash tells, what the amount was when the hash was made.
 */
import type { Executor } from '../database/database.ts';
import { type Row, toBigInt, toNumber } from '../database/values.ts';
import { journalHash } from './digest.ts';
import { readLot } from './load-book.ts';
import type { CanonicalEntry, CanonicalJournal } from './rules/canonical.ts';

/** Beyond, a journal is not taken apart: each line is a hash of the whole. */
const linesMax = 1_000;

export interface ViolationDetails {
  readonly journal?: {
    readonly id: bigint;
    readonly key: string;
    readonly kind: string;
    readonly businessDate: string;
    readonly reason: string;
  };
  /** The entry or account that is meant. */
  readonly entry?: { readonly line: number; readonly account: string; readonly amount: bigint };
  /** Entries that say another amount than the journal's hash was made of. Empty: not known. */
  readonly changed: readonly {
    readonly line: number;
    readonly account: string;
    readonly says: bigint;
    readonly was: bigint;
  }[];
  /** Sentences for people. */
  readonly words: readonly string[];
}

/** `place`: as a Violation has it. Undefined for places that are no journal's. */
export async function describeViolation(executor: Executor, place: string): Promise<ViolationDetails | undefined> {
  const [, what, id, line] =
    /^(journal|entry|lot|settle_entry|settle_lot|settle_consumption) (-?\d+)(?:\.(\d+))?$/.exec(place) ?? [];
  if (what === undefined) return undefined;
  const row: Row | undefined = await executor('settle_journal').where({ id }).first();
  if (row === undefined) return { changed: [], words: [`no journal ${id} is stored`] };
  const journal = {
    id: toBigInt(row.id),
    key: String(row.journal_key),
    kind: String(row.kind),
    businessDate: String(row.business_date),
    reason: String(row.reason),
  };
  const entries: Row[] = await executor('settle_entry')
    .where({ journal_id: id })
    .orderBy('line_no')
    .limit(linesMax + 1);
  const found = line === undefined ? undefined : entries.find((one) => toNumber(one.line_no) === Number(line));
  const entry =
    found === undefined
      ? undefined
      : { line: toNumber(found.line_no), account: accountOf(found), amount: toBigInt(found.amount) };
  const changed = entries.length > linesMax ? [] : await findChanged(executor, row, entries);
  const name = `journal ${journal.id} (key ${journal.key}, ${journal.kind} of ${journal.businessDate})`;
  const words = [
    `${name}: ${entries.length > linesMax ? `more than ${linesMax}` : entries.length} entries, "${journal.reason}"`,
  ];
  if (entry !== undefined) words.push(`line ${entry.line}: entry of ${inWords(entry.account)} says ${entry.amount}`);
  for (const one of changed) {
    words.push(`${name}: entry of ${inWords(one.account)} says ${one.says}, its hash was made of ${one.was}`);
  }
  return { journal, ...(entry === undefined ? {} : { entry }), changed, words };
}

/**
 * Tries amounts that give the journal its hash: of each entry alone, the one with which the entries sum to 0; of all
 * entries, what their accounts hold besides. A hash that fits is proof.
 */
async function findChanged(executor: Executor, row: Row, rows: readonly Row[]): Promise<ViolationDetails['changed']> {
  const entries = await canonicalEntries(executor, row, rows);
  const isHash = (own: readonly CanonicalEntry[]) =>
    journalHash({ ...canonicalOf(row), entries: own }) === String(row.hash);
  const fits = (amounts: readonly bigint[]): boolean => {
    const own = entries.map((entry, index) => ({ ...entry, amount: amounts[index] }));
    // Whoever changes an entry may have changed the lot that it opened as well.
    return isHash(own) || isHash(own.map((entry) => ({ ...entry, lot: openedBy(entry) })));
  };
  const says = entries.map(({ amount }) => amount);
  if (fits(says)) return [];
  const sum = says.reduce((total, amount) => total + amount, 0n);
  const candidates: bigint[][] = [];
  if (sum !== 0n) {
    for (const index of says.keys()) candidates.push(says.map((amount, at) => (at === index ? amount - sum : amount)));
  }
  const balanced: bigint[] = [];
  for (const entry of entries) balanced.push(entry.amount - (await excessOf(executor, entry)));
  candidates.push(balanced);
  const was = candidates.find(fits);
  if (was === undefined) return [];
  return rows
    .map((one, index) => ({ line: toNumber(one.line_no), account: accountOf(one), says: says[index], was: was[index] }))
    .filter((one) => one.says !== one.was);
}

/** The lot as an entry of this amount opens it. */
function openedBy({ lot, amount, uses }: CanonicalEntry): CanonicalEntry['lot'] {
  return lot === undefined ? undefined : { ...lot, amount: uses.reduce((left, use) => left + use.amount, amount) };
}

/** By how much the entries of an account sum to more than the account holds. */
async function excessOf(executor: Executor, { accountType, ownerId }: CanonicalEntry): Promise<bigint> {
  const account = { account_type: accountType, owner_id: ownerId.toString() };
  const stored: Row | undefined = await executor('settle_account').where(account).first('balance');
  const summed: Row | undefined = await executor('settle_entry').where(account).sum({ total: 'amount' }).first();
  return toBigInt(summed?.total ?? 0) - toBigInt(stored?.balance ?? 0);
}

function canonicalOf(row: Row): Omit<CanonicalJournal, 'entries'> {
  return {
    id: toBigInt(row.id),
    previousHash: String(row.previous_hash),
    key: String(row.journal_key),
    kind: String(row.kind),
    businessDate: String(row.business_date),
    reason: String(row.reason),
    reversesId: row.reverses_id === null ? null : toBigInt(row.reverses_id),
    contentDigest: String(row.content_digest),
  };
}

async function canonicalEntries(executor: Executor, { id }: Row, rows: readonly Row[]): Promise<CanonicalEntry[]> {
  const lots: Row[] = await executor('settle_lot').where({ journal_id: id });
  const uses: Row[] = await executor('settle_consumption').where({ journal_id: id });
  const ofLine = (some: readonly Row[], line: unknown) =>
    some.filter((one) => toNumber(one.line_no) === toNumber(line));
  return rows.map((row) => {
    const [lot] = ofLine(lots, row.line_no);
    return {
      accountType: String(row.account_type),
      ownerId: toBigInt(row.owner_id),
      amount: toBigInt(row.amount),
      lot: lot === undefined ? undefined : readLot(lot),
      uses: ofLine(uses, row.line_no).map((use) => ({
        lot: { journalId: toBigInt(use.lot_journal_id), lineNo: toNumber(use.lot_line_no) },
        restoresId: toBigInt(use.restores_id),
        amount: toBigInt(use.amount),
      })),
    };
  });
}

function accountOf(row: Row): string {
  return `${row.account_type}:${row.owner_id}`;
}

/** `user 7` of `user:7`. */
function inWords(account: string): string {
  return account.replace(':', ' ');
}
