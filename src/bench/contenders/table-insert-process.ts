/**
 * A process of its own that inserts the rows of a table plainly into an empty one like it: no checkpoint, no partition, no
 * digest. The rows are in memory before the clock runs, a page a connection at a time, and a page is a transaction, as
 * in a copy. Prints one JSON object: `seconds`, `rows`, `clientCpuSeconds`, `serverCpuSeconds`, all of the inserts alone.
 *
 * Its database comes from SETTLE_DATABASE_URL; the target is a database beside it, named by its suffix. Arguments: that
 * suffix; the table; connections; rows of a page; `bulk` (the program's own bulk writer) or `text` (INSERT of 1,000 rows a
 * statement, as the driver writes it).
 */
import type { Connection } from 'mysql2';
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Transaction } from '../../database/database.ts';
import { openDatabase } from '../../database/open.ts';
import { withRawConnection } from '../../database/raw-connection.ts';
import type { SqlValue } from '../../database/values.ts';
import { environment } from '../../environment.ts';
import { serverMeter } from '../measure-server.ts';
import { siblingUrl } from '../sibling-database.ts';

const STATEMENT_ROWS = 1_000;

const [suffix, table, connectionsText, pageText, way] = process.argv.slice(2);
const [connections, pageRows] = [Number(connectionsText), Number(pageText)];
const source = await openDatabase(environment().SETTLE_DATABASE_URL ?? '', { create: false });
const target = await openDatabase(await siblingUrl(source, suffix), { poolSizeMax: connections, create: false });
const columns = Object.keys(await source.knex(table).columnInfo());
const meter = await serverMeter(target);

const done = { seconds: 0, rows: 0, clientCpuSeconds: 0, serverCpuSeconds: 0 };
for (let after = '0'; ; ) {
  const pages: SqlValue[][][] = [];
  for (let lane = 0; lane < connections; lane++) {
    const rows = await readPage(after);
    if (rows.length === 0) break;
    after = String(rows[rows.length - 1][0]);
    pages.push(rows);
  }
  if (pages.length === 0) break;
  await measure(pages);
}
await Promise.all([source.close(), target.close()]);
process.stdout.write(`${JSON.stringify(done)}\n`);

async function measure(pages: readonly SqlValue[][][]): Promise<void> {
  const [server, cpu, started] = [await meter.read(), process.cpuUsage(), performance.now()];
  await Promise.all(pages.map((rows) => target.transaction((tx) => insert(tx, rows))));
  done.seconds += (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  done.clientCpuSeconds += (user + system) / 1e6;
  done.serverCpuSeconds += ((await meter.read()).cpuSeconds ?? 0) - (server.cpuSeconds ?? 0);
  for (const rows of pages) done.rows += rows.length;
}

/** By the first column, which is the key. */
async function readPage(after: string): Promise<SqlValue[][]> {
  const rows = await source.knex(table).where(columns[0], '>', after).orderBy(columns[0]).limit(pageRows);
  return rows.map((row) => columns.map((name) => row[name]));
}

async function insert(tx: Transaction, rows: SqlValue[][]): Promise<void> {
  if (way === 'bulk') return await bulkInsert(tx, target.dialect, { table, columns }, rows);
  const quote = target.dialect.quoteIdentifier;
  const sql = `INSERT INTO ${quote(table)} (${columns.map(quote).join(',')}) VALUES ?`;
  await withRawConnection(tx, async (connection: Connection) => {
    for (let at = 0; at < rows.length; at += STATEMENT_ROWS) {
      const some = rows.slice(at, at + STATEMENT_ROWS);
      await new Promise<void>((resolve, reject) => {
        connection.query(sql, [some], (error) => (error ? reject(error) : resolve()));
      });
    }
  });
}
