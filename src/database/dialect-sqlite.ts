/** SQLite 3.35 and later, one writer at a time: the database file's lock stands in for row locks and named locks. */
import type { DatabaseConnection, Executor } from './connection.ts';
import type { ColumnTypes, Dialect, InsertSyntax, InsertTarget, RenamingView } from './dialect.ts';
import { insertSqliteColumns } from './insert-columns-sqlite.ts';
import { insertSqliteRows } from './insert-rows-sqlite.ts';
import { sqliteInspector } from './inspect-sqlite.ts';
import { toNumber } from './values.ts';

const columnTypes: ColumnTypes = {
  // Exactly INTEGER: only `INTEGER PRIMARY KEY` is the row id itself instead of a second index.
  bigint: 'INTEGER',
  integer: 'INTEGER',
  instantMillis: 'TEXT',
  instantMicros: 'TEXT',
  date: 'TEXT',
  blob: 'BLOB',
  longText: 'TEXT',
  varchar: (length) => `VARCHAR(${length})`,
};

/** `%f` has three decimals; the zeros make texts of all dialects compare alike. */
const nowExpression = "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')";

const d = '[0-9]';
const CANONICAL_TIME = `${d.repeat(4)}-[01]${d}-[0-3]${d} [0-2]${d}:[0-5]${d}:[0-5]${d}.${d.repeat(3)}`;

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  columnTypes,
  inspect: sqliteInspector,
  tableOptions: '',
  nowExpression,
  now: async (executor) => (await executor.raw(`SELECT ${nowExpression} AS now`))[0].now,
  quoteIdentifier,
  // Any text that is no time is refused where it is read.
  holdsNoTime: (column) => `${column} IS NULL`,
  isOddTime: (column) => `${column} NOT GLOB '${CANONICAL_TIME}'`,
  rowDigest: (expressions) => `settle_crc32(${expressions.map((one) => `COALESCE(${one},'-')`).join("||'/'||")})`,
  dropSequence: (name) => [`DROP TABLE IF EXISTS ${quoteIdentifier(name)}`],
  nextSequenceValue,
  raiseSequence,
  insertSyntax,
  viewStatements,
  withIdleLimit: (_tx, _seconds, work) => work(),
  insertColumns: (executor, target, batch) => insertSqliteColumns(executor, insertSyntax(target), batch),
  insertRows: async (executor, inserts) => {
    for (const { target, rows } of inserts) {
      await insertSqliteRows(executor, insertSyntax(target), target.columns.length, rows);
    }
  },
  withLock,
};

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** As Spring Batch on SQLite: AUTOINCREMENT remembers the highest id ever given, so the row itself can go. */
async function nextSequenceValue(executor: Executor, name: string): Promise<number> {
  const table = quoteIdentifier(name);
  const rows = await executor.raw(`INSERT INTO ${table} (ID) VALUES (NULL) RETURNING ID AS id`);
  const id = toNumber(rows[0].id);
  await executor.raw(`DELETE FROM ${table} WHERE ID < ?`, [id]);
  return id;
}

async function raiseSequence(executor: Executor, name: string, value: number): Promise<void> {
  const table = quoteIdentifier(name);
  await executor.raw(`INSERT OR IGNORE INTO ${table} (ID) VALUES (?)`, [value]);
  await executor.raw(`DELETE FROM ${table} WHERE ID <= ?`, [value]);
}

function insertSyntax({ table, columns, mode = 'insert', keys = [] }: InsertTarget): InsertSyntax {
  const head = `INSERT INTO ${quoteIdentifier(table)} (${columns.map(quoteIdentifier).join(',')}) VALUES `;
  if (mode === 'insert') return { head, tail: '' };
  const target = keys.length === 0 ? '' : ` (${keys.map(quoteIdentifier).join(',')})`;
  const changed = mode === 'ignore' ? [] : columns.filter((column) => !keys.includes(column));
  if (changed.length === 0) return { head, tail: ` ON CONFLICT${target} DO NOTHING` };
  const assignments = changed.map((name) => {
    const column = quoteIdentifier(name);
    return `${column}=${mode === 'add-values' ? `${quoteIdentifier(table)}.${column}+` : ''}excluded.${column}`;
  });
  return { head, tail: ` ON CONFLICT${target} DO UPDATE SET ${assignments.join(',')}` };
}

/** A view takes no UPDATE by itself: a trigger for each column that is set, which goes with the view. */
function viewStatements({ name, table, columns, key, updates }: RenamingView): readonly string[] {
  const [view, from] = [name, table].map(quoteIdentifier);
  const read = Object.entries(columns).map(([as, own]) => `${quoteIdentifier(own)} AS ${quoteIdentifier(as)}`);
  return [
    `DROP VIEW IF EXISTS ${view}`,
    `CREATE VIEW ${view} AS SELECT ${read.join(', ')} FROM ${from}`,
    ...updates.map((column) => {
      const [set, own, ownKey] = [column, columns[column], columns[key]].map(quoteIdentifier);
      return `CREATE TRIGGER ${quoteIdentifier(`${name}_${column}_update`)} INSTEAD OF UPDATE OF ${set} ON ${view}
        BEGIN UPDATE ${from} SET ${own} = NEW.${set} WHERE ${ownKey} = OLD.${quoteIdentifier(key)}; END`;
    }),
  ];
}

/** The write lock of the file is the lock: a transaction that takes it at once and spans all of `work`. */
async function withLock<T>(
  database: DatabaseConnection,
  _name: string,
  _timeoutSecondsMax: number,
  work: (executor: Executor) => Promise<T>,
): Promise<T> {
  return await database.transaction(work);
}
