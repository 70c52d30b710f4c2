/**
 * A process of its own that inserts rows of settle's tables again, into tables like them that it makes: plainly, by the
 * same bulk writer, over some connections at once. The rows are read before the clock runs, a page at a time, and are
 * committed as often as a settlement commits its own. Prints one JSON object: `seconds`, `rows`, `pages`.
 *
 * Its database comes from SETTLE_DATABASE_URL; arguments: the number of connections, of pages, and as JSON the ranges,
 * an array of `{ table, key, from, to }`, ids as text, both inside.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import { openDatabase } from '../../database/open.ts';
import type { SqlValue } from '../../database/values.ts';
import { environment } from '../../environment.ts';

interface RowRange {
  readonly table: string;
  readonly key: string;
  readonly from: string;
  readonly to: string;
}
interface Batch {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
}

const PREFIX = 'peer_';
const [connections, pages] = process.argv.slice(2, 4).map(Number);
const ranges: readonly RowRange[] = JSON.parse(process.argv[4]);
const database = await openDatabase(environment().SETTLE_DATABASE_URL ?? '', {
  poolSizeMax: connections,
  create: false,
});
const { knex, dialect } = database;

const columnsOf = new Map<string, readonly string[]>();
for (const { table } of ranges) {
  await knex.raw(`DROP TABLE IF EXISTS ${PREFIX}${table}`);
  await knex.raw(`CREATE TABLE ${PREFIX}${table} LIKE ${table}`);
  columnsOf.set(table, Object.keys(await knex(table).columnInfo()));
}

let seconds = 0;
let rows = 0;
for (let page = 0; page < pages; page += connections) {
  const lanes: Batch[][] = [];
  for (let lane = page; lane < Math.min(page + connections, pages); lane++) lanes.push(await readPage(lane));
  const started = performance.now();
  await Promise.all(lanes.map(write));
  seconds += (performance.now() - started) / 1000;
  for (const batch of lanes.flat()) rows += batch.rows.length;
}
for (const { table } of ranges) await knex.raw(`DROP TABLE ${PREFIX}${table}`);
await database.close();
process.stdout.write(`${JSON.stringify({ seconds, rows, pages })}\n`);

/** The page's part of every table: of equal width in its key. */
async function readPage(page: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (const { table, key, from, to } of ranges) {
    const columns = columnsOf.get(table)!;
    const [first, width] = [BigInt(from), BigInt(to) - BigInt(from) + 1n];
    const bound = (n: number) => first + (width * BigInt(n)) / BigInt(pages);
    const found = await knex(table)
      .where(key, '>=', String(bound(page)))
      .where(key, '<', String(bound(page + 1)))
      .orderBy(key)
      .select(columns);
    batches.push({ table: `${PREFIX}${table}`, columns, rows: found.map((row) => columns.map((name) => row[name])) });
  }
  return batches;
}

async function write(batches: readonly Batch[]): Promise<void> {
  await database.transaction(async (tx) => {
    for (const { table, columns, rows: some } of batches) await bulkInsert(tx, dialect, { table, columns }, some);
  });
}
