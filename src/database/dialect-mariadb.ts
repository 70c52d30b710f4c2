/** MariaDB 10.6 and later: ids come from real sequences, rows go by its bulk protocol. */
import type { Executor, Transaction } from './connection.ts';
import type { Dialect } from './dialect.ts';
import { nextTableValue, raiseTableValue } from './dialect-mysql.ts';
import { insertSyntax, serverDialect } from './dialect-server.ts';
import { insertMariadbColumns } from './insert-columns-mariadb.ts';
import { insertMariadbRows } from './insert-rows-mariadb.ts';
import { toNumber } from './values.ts';

export const mariadbDialect: Dialect = {
  ...serverDialect,
  name: 'mariadb',
  dropSequence: (name) => [`DROP SEQUENCE IF EXISTS ${serverDialect.quoteIdentifier(name)}`],
  nextSequenceValue,
  raiseSequence,
  withIdleLimit,
  insertColumns: (executor, target, batch) => insertMariadbColumns(executor, insertSyntax(target), batch),
  insertRows: (executor, inserts) =>
    insertMariadbRows(
      executor,
      inserts.map(({ target, rows }) => ({ syntax: insertSyntax(target), columnCount: target.columns.length, rows })),
    ),
};

/** Seconds by connection: what its transactions were last limited to. */
const idleLimits = new WeakMap<object, number>();

/** A limit that holds in transactions only stays as it is until one asks for another: most send nothing for it. */
async function withIdleLimit<T>(tx: Transaction, seconds = 0, work: () => Promise<T>): Promise<T> {
  const connection: object = await tx.client.acquireConnection();
  if ((idleLimits.get(connection) ?? 0) !== seconds) {
    await tx.raw(`SET SESSION idle_transaction_timeout = ${seconds}`);
    idleLimits.set(connection, seconds);
  }
  return await work();
}

/** MariaDB's "is not a SEQUENCE". */
const NOT_A_SEQUENCE = 4089;

async function nextSequenceValue(executor: Executor, name: string): Promise<number> {
  return await ofSequence(
    async () => {
      const [rows] = await executor.raw(`SELECT NEXTVAL(${serverDialect.quoteIdentifier(name)}) AS id`);
      return toNumber(rows[0].id);
    },
    () => nextTableValue(executor, name),
  );
}

/** SETVAL never goes back: of a smaller value it does nothing. */
async function raiseSequence(executor: Executor, name: string, value: number): Promise<void> {
  await ofSequence(
    () => executor.raw(`SELECT SETVAL(${serverDialect.quoteIdentifier(name)}, ?)`, [value]),
    () => raiseTableValue(executor, name, value),
  );
}

/** A Spring Batch application that took this server for MySQL has made one-row tables: then ids come from those. */
async function ofSequence<T>(work: () => Promise<T>, workOfTable: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as { errno?: unknown }).errno !== NOT_A_SEQUENCE) throw error;
    return await workOfTable();
  }
}
