/**
 * `settle ledger verify`: replays the ledger from its first journal to its last, page by page of one snapshot, and
 * compares what comes out with accounts, lots and the head of the chain.
 */
import type { Database, Transaction } from '../database/database.ts';
import { readSnapshot } from '../database/snapshot.ts';
import { toBigInt, toNumber } from '../database/values.ts';
import { accountKey, accountTypes } from '../rules/ledger-journal.ts';
import { lotKey } from '../rules/ledger-lots.ts';
import { LedgerReplay, Misfit, type StoredEntry, type StoredJournal, type StoredLot } from '../rules/ledger-replay.ts';
import { journalHash } from './digest.ts';
import { inGroups } from './in-groups.ts';
import { readLot } from './load-book.ts';

export interface LedgerVerification {
  readonly sound: boolean;
  /** Journals and entries that fit. */
  readonly journals: bigint;
  readonly entries: bigint;
  /** The first thing that does not fit. */
  readonly misfit: { readonly place: string; readonly problem: string } | undefined;
}

type Row = Record<string, unknown>;

const JOURNALS_A_PAGE = 2_000;
const LINES_A_PAGE = 20_000;
const ACCOUNTS_A_PAGE = 10_000;

/** @param onPage told after each page how many journals there were, and how many there are */
export async function verifyLedger(
  database: Database,
  onPage: (done: bigint, total: bigint) => void = () => {},
): Promise<LedgerVerification> {
  return await readSnapshot(database, async (tx) => {
    const replay = new LedgerReplay(journalHash);
    let place = 'the head of the chain';
    try {
      const head = await readHead(tx);
      for (;;) {
        const page = await readPage(tx, replay.lastId);
        for (const row of page.journals) {
          place = `journal ${row.id}`;
          replay.take(page.journalOf(row), (key) => page.lots.get(key));
        }
        onPage(replay.lastId, head.lastId);
        if (page.isLast) break;
      }
      place = 'the head of the chain';
      if (head.lastId !== replay.lastId || head.lastHash !== replay.lastHash) {
        throw new Misfit(
          place,
          `it names journal ${head.lastId}, the chain ends with ${replay.lastId} or another hash`,
        );
      }
      await requireNoStrays(tx, replay.lastId);
      replay.requireLots();
      place = 'the accounts';
      await requireAccounts(tx, replay.balances);
      return { sound: true, journals: replay.lastId, entries: replay.entries, misfit: undefined };
    } catch (error) {
      const { lastId, entries } = replay;
      const misfit = describe(error, place);
      return { sound: false, journals: lastId, entries, misfit };
    }
  });
}

/** A value that is none (text where a number should be) does not fit either. What else is thrown is thrown on. */
function describe(error: unknown, place: string): { place: string; problem: string } {
  if (error instanceof Misfit) return { place: error.place, problem: error.message };
  if (error instanceof TypeError || error instanceof RangeError) return { place, problem: error.message };
  throw error;
}

async function readHead(tx: Transaction): Promise<{ lastId: bigint; lastHash: string }> {
  const rows = await tx('settle_ledger_head').select('id', 'last_journal_id', 'last_hash');
  if (rows.length !== 1 || String(rows[0].id) !== '1') {
    throw new Misfit('the head of the chain', 'settle_ledger_head should have one row, of id 1');
  }
  return { lastId: toBigInt(rows[0].last_journal_id), lastHash: String(rows[0].last_hash) };
}

interface Page {
  readonly journals: readonly Row[];
  readonly isLast: boolean;
  /** Lots opened in this page, and earlier ones that are given something back in it. */
  readonly lots: ReadonlyMap<string, StoredLot>;
  journalOf(row: Row): StoredJournal;
}

async function readPage(tx: Transaction, afterId: bigint): Promise<Page> {
  const query = tx('settle_journal').orderBy('id').limit(JOURNALS_A_PAGE);
  const found = (await (afterId === 0n ? query : query.where('id', '>', afterId.toString()))) as Row[];
  const journals = untilFull(found);
  const isLast = journals.length === found.length && found.length < JOURNALS_A_PAGE;
  const range = journals.length === 0 ? ['0', '0'] : [String(journals[0].id), String(journals.at(-1)?.id)];
  const entries = byJournal(await readLines(tx, 'settle_entry', range));
  const lotRows = await readLines(tx, 'settle_lot', range);
  const useRows = await readLines(tx, 'settle_consumption', range);
  const lots = byJournal(lotRows);
  const uses = byJournal(useRows);
  const known = new Map(lotRows.map((row) => [`${row.journal_id}.${row.line_no}`, readLot(row)]));
  await addGivenBack(tx, useRows, known);
  return {
    journals,
    isLast,
    lots: known,
    journalOf: (row) => {
      const id = String(row.id);
      return readJournal(row, entries.get(id) ?? [], lots.get(id) ?? [], uses.get(id) ?? []);
    },
  };
}

function byJournal(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  return Map.groupBy(rows, (row) => String(row.journal_id));
}

/** At least one, and no more than fit into a page with their lines. */
function untilFull(journals: readonly Row[]): readonly Row[] {
  let lines = 0;
  const end = journals.findIndex((row, i) => {
    lines += Number(row.line_count);
    return lines > LINES_A_PAGE && i > 0;
  });
  return end < 0 ? journals : journals.slice(0, end);
}

async function readLines(tx: Transaction, table: string, [from, to]: readonly string[]): Promise<Row[]> {
  return await tx(table).whereBetween('journal_id', [from, to]).orderBy(['journal_id', 'line_no']);
}

/** Adds the lots that the page gives points back to; they may have been used up, and forgotten, long before. */
async function addGivenBack(tx: Transaction, uses: readonly Row[], lots: Map<string, StoredLot>): Promise<void> {
  const wanted = uses.filter((row) => String(row.restores_id) !== '0').map((row) => String(row.lot_journal_id));
  for (const group of inGroups([...new Set(wanted)])) {
    for (const row of await tx('settle_lot').whereIn('journal_id', group)) {
      const lot = readLot(row);
      lots.set(lotKey(lot), lot);
    }
  }
}

function readJournal(row: Row, entries: readonly Row[], lots: readonly Row[], uses: readonly Row[]): StoredJournal {
  const id = toBigInt(row.id);
  const lotOf = new Map(lots.map((lot) => [String(lot.line_no), readLot(lot)]));
  const usesOf = Map.groupBy(uses, (use) => String(use.line_no));
  const lines = new Set(entries.map((entry) => String(entry.line_no)));
  for (const line of [...lotOf.keys(), ...usesOf.keys()]) {
    if (!lines.has(line)) throw new Misfit(`journal ${id}`, `lots hang on its line ${line}, which it does not have`);
  }
  return {
    id,
    previousHash: String(row.previous_hash),
    hash: String(row.hash),
    hashVersion: toNumber(row.hash_version),
    key: String(row.journal_key),
    kind: String(row.kind),
    businessDate: String(row.business_date),
    reason: String(row.reason),
    reversesId: row.reverses_id === null ? null : toBigInt(row.reverses_id),
    lineCount: toNumber(row.line_count),
    contentDigest: String(row.content_digest),
    entries: entries.map((entry): StoredEntry => {
      const line = String(entry.line_no);
      return {
        lineNo: toNumber(entry.line_no),
        accountType: String(entry.account_type),
        ownerId: toBigInt(entry.owner_id),
        amount: toBigInt(entry.amount),
        lot: lotOf.get(line),
        uses: (usesOf.get(line) ?? []).map((use) => ({
          lot: { journalId: toBigInt(use.lot_journal_id), lineNo: toNumber(use.lot_line_no) },
          restoresId: toBigInt(use.restores_id),
          amount: toBigInt(use.amount),
        })),
      };
    }),
  };
}

/** Lines of journals that do not exist were in no page. */
async function requireNoStrays(tx: Transaction, lastId: bigint): Promise<void> {
  for (const table of ['settle_entry', 'settle_lot', 'settle_consumption']) {
    const row = await tx(table).where('journal_id', '<', 1).orWhere('journal_id', '>', lastId.toString()).first();
    if (row !== undefined) {
      throw new Misfit(`${table} ${row.journal_id}.${row.line_no}`, `there is no journal ${row.journal_id}`);
    }
  }
}

/** Every account holds what its entries sum to, and none is missing or too many. */
async function requireAccounts(tx: Transaction, balances: ReadonlyMap<string, bigint>): Promise<void> {
  let found = 0;
  for (const type of accountTypes) {
    for (let after: unknown; ; ) {
      const query = tx('settle_account').where({ account_type: type }).orderBy('owner_id').limit(ACCOUNTS_A_PAGE);
      const rows: Row[] = await (after === undefined ? query : query.where('owner_id', '>', after as string));
      for (const row of rows) {
        const account = accountKey({ type, ownerId: toBigInt(row.owner_id) });
        const balance = toBigInt(row.balance);
        const sum = balances.get(account);
        if (sum !== balance) {
          throw new Misfit(
            `account ${account}`,
            `it holds ${balance}, its entries sum to ${sum ?? 'nothing: it has none'}`,
          );
        }
        found++;
      }
      if (rows.length < ACCOUNTS_A_PAGE) break;
      after = rows[rows.length - 1].owner_id;
    }
  }
  const [{ total }] = (await tx('settle_account').count({ total: '*' })) as { total: number | string }[];
  if (found !== balances.size || Number(total) !== found) {
    throw new Misfit('the accounts', `${total} accounts are stored, ${balances.size} have entries`);
  }
}
