/** What MariaDB and MySQL have in common; dialect-mariadb.ts and dialect-mysql.ts add what differs. */
import { ExitCode, SettleError } from '../errors.ts';
import type { DatabaseConnection, Executor } from './connection.ts';
import type { ColumnTypes, Dialect, InsertSyntax, InsertTarget, RenamingView } from './dialect.ts';
import { insertServerColumns } from './insert-columns-server.ts';
import { insertServerRows } from './insert-rows-server.ts';
import { serverInspector } from './inspect-server.ts';
import { quoteIdentifier } from './quote-server.ts';

const columnTypes: ColumnTypes = {
  bigint: 'BIGINT',
  integer: 'INT',
  instantMillis: 'DATETIME(3)',
  instantMicros: 'DATETIME(6)',
  date: 'DATE',
  blob: 'MEDIUMBLOB',
  longText: 'LONGTEXT',
  varchar: (length) => `VARCHAR(${length})`,
};

type OwnMembers = 'name' | 'dropSequence' | 'nextSequenceValue' | 'raiseSequence' | 'withIdleLimit';

export const serverDialect: Omit<Dialect, OwnMembers> = {
  columnTypes,
  inspect: serverInspector,
  // The binary collation: names and keys are told apart by every character, as in SQLite and in job keys.
  tableOptions: ' ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin',
  nowExpression: 'UTC_TIMESTAMP(6)',
  now,
  quoteIdentifier,
  // A zero date has no day or no month; of LAST_DAY it gets NULL, or a last day that 0 is not counted to.
  holdsNoTime: (column) => `NOT COALESCE(DAYOFMONTH(${column}) BETWEEN 1 AND DAYOFMONTH(LAST_DAY(${column})), FALSE)`,
  isOddTime: () => undefined,
  rowDigest: (expressions) => `CRC32(CONCAT_WS('/',${expressions.map((one) => `COALESCE(${one},'-')`).join(',')}))`,
  insertSyntax,
  viewStatements,
  insertRows: async (executor, inserts) => {
    for (const { target, rows } of inserts) await insertServerRows(executor, insertSyntax(target), rows);
  },
  insertColumns: (executor, target, batch) => insertServerColumns(executor, insertSyntax(target), batch),
  withLock,
};

/** MERGE: a statement on the view becomes one on the table, with its indexes, locks and types. */
function viewStatements({ name, table, columns }: RenamingView): readonly string[] {
  const read = Object.entries(columns).map(([as, own]) => `${quoteIdentifier(own)} AS ${quoteIdentifier(as)}`);
  return [
    `CREATE OR REPLACE ALGORITHM = MERGE SQL SECURITY INVOKER VIEW ${quoteIdentifier(name)}
      AS SELECT ${read.join(', ')} FROM ${quoteIdentifier(table)}`,
  ];
}

async function now(executor: Executor): Promise<string> {
  const [rows] = await executor.raw('SELECT UTC_TIMESTAMP(6) AS now');
  return rows[0].now;
}

export function insertSyntax({ table, columns, mode = 'insert', keys = [] }: InsertTarget): InsertSyntax {
  const head = `INSERT INTO ${quoteIdentifier(table)} (${columns.map(quoteIdentifier).join(',')}) VALUES `;
  if (mode === 'insert') return { head, tail: '' };
  // Not INSERT IGNORE: that would also turn truncated and out of range values into warnings.
  const changed = mode === 'ignore' ? [] : columns.filter((column) => !keys.includes(column));
  const assignments = changed.map((name) => {
    const column = quoteIdentifier(name);
    return `${column}=${mode === 'add-values' ? `${quoteIdentifier(table)}.${column}+` : ''}VALUES(${column})`;
  });
  const untouched = quoteIdentifier(keys[0] ?? columns[0]);
  const tail = ` ON DUPLICATE KEY UPDATE ${assignments.join(',') || `${untouched}=${quoteIdentifier(table)}.${untouched}`}`;
  return { head, tail };
}

/**
 * GET_LOCK names are common to all databases of a server and at most 64 characters, hence the digest. The lock belongs
 * to a connection and ends with it, so a killed process leaves none behind.
 */
async function withLock<T>(
  database: DatabaseConnection,
  name: string,
  timeoutSecondsMax: number,
  work: (executor: Executor) => Promise<T>,
): Promise<T> {
  const { knex } = database;
  const connection = await knex.client.acquireConnection();
  const lockName = "CONCAT('settle:', SHA2(CONCAT(DATABASE(), '/', ?), 224))";
  try {
    const [rows] = await knex
      .raw(`SELECT GET_LOCK(${lockName}, ?) AS held`, [name, timeoutSecondsMax])
      .connection(connection);
    if (Number(rows[0].held) !== 1) {
      throw new SettleError(
        'LOCK_TIMEOUT',
        ExitCode.failed,
        `another process has held the lock "${name}" on ${database.displayUrl} for ${timeoutSecondsMax} s`,
        { hint: 'wait until it has ended, then try again' },
      );
    }
    try {
      return await work(knex);
    } finally {
      // Fails only when the connection is lost, and then the lock is free as well.
      await knex
        .raw(`SELECT RELEASE_LOCK(${lockName})`, [name])
        .connection(connection)
        .catch(() => undefined);
    }
  } finally {
    await knex.client.releaseConnection(connection);
  }
}
