/**
 * One pass over the ledger of SETTLE_DATABASE_URL in a process of its own, by `verify`, `read` (every column of the same
 * rows, by the same threads, thrown away), `read-alone` (one connection, no threads) or `driver` (mysql2's own streams).
 * Prints one JSON object: `seconds`, `rows`, `wrong`.
 */
import { openDatabase } from '../../database/open.ts';
import { withRowReader } from '../../database/read-rows.ts';
import { readSnapshot } from '../../database/snapshot.ts';
import { streamRows } from '../../database/stream-rows.ts';
import { environment } from '../../environment.ts';
import type { ReadPage } from '../../ledger/page-reader.ts';
import { readPages } from '../../ledger/page-source.ts';
import { openPageThreads } from '../../ledger/page-threads.ts';
import { readLedgerState } from '../../ledger/read-head.ts';
import { verifyLedger } from '../../ledger/verify-ledger.ts';

const threadCount = 2;
const orders = {
  settle_journal: 'id',
  settle_entry: 'journal_id, line_no',
  settle_lot: 'journal_id, line_no',
  settle_consumption: 'journal_id, line_no, lot_journal_id, lot_line_no, restores_id',
};

const database = await openDatabase(environment().SETTLE_DATABASE_URL ?? '');

async function countRows(pages: AsyncIterable<ReadPage>): Promise<number> {
  let rows = 0;
  for await (const { page } of pages) rows += page.journals.size + page.entries.size + page.lots.size + page.uses.size;
  return rows;
}

const ways: Record<string, () => Promise<{ readonly rows?: number; readonly wrong?: string }>> = {
  async verify() {
    const { sound, violation } = await verifyLedger(database);
    return sound ? {} : { wrong: `${violation?.place}: ${violation?.problem}` };
  },
  async read() {
    return await readSnapshot(database, async (tx) => {
      const state = await readLedgerState(tx);
      const threads = openPageThreads(database, threadCount, { isChecked: false });
      try {
        if (!(await threads.see(state))) return { wrong: 'somebody posts to this ledger' };
        return { rows: await countRows(threads.pages(state.lastId)) };
      } finally {
        await threads.close();
      }
    });
  },
  async 'read-alone'() {
    return await readSnapshot(database, async (tx) => {
      const { lastId } = await readLedgerState(tx);
      return { rows: await withRowReader(database, tx, (reader) => countRows(readPages(reader, lastId, false))) };
    });
  },
  async driver() {
    let rows = 0;
    for (const [table, order] of Object.entries(orders)) {
      for await (const _row of streamRows(database, `SELECT * FROM ${table} ORDER BY ${order}`, [])) rows++;
    }
    return { rows };
  },
};

const way = ways[process.argv[2]];
if (way === undefined) throw new Error(`there is no ${process.argv[2]}, only ${Object.keys(ways).join(', ')}`);
const start = performance.now();
const result = await way();
const seconds = (performance.now() - start) / 1000;
const peakMb = Math.round(process.resourceUsage().maxRSS / 1024);
await database.close();
console.log(JSON.stringify({ seconds, peakMb, ...result }));
