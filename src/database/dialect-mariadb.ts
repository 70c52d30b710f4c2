/** MariaDB 10.6 and later: ids come from real sequences, rows go by its bulk protocol. */
import type { Executor } from './database.ts';
import type { Dialect } from './dialect.ts';
import { insertSyntax, serverDialect } from './dialect-server.ts';
import { insertMariadbRows } from './insert-rows-mariadb.ts';
import { toNumber } from './values.ts';

export const mariadbDialect: Dialect = {
  ...serverDialect,
  name: 'mariadb',
  createSequence: (name) => [
    `CREATE SEQUENCE ${serverDialect.quoteIdentifier(name)} START WITH 1 MINVALUE 1 MAXVALUE 9223372036854775806 ` +
      'INCREMENT BY 1 NOCACHE NOCYCLE ENGINE=InnoDB',
  ],
  dropSequence: (name) => [`DROP SEQUENCE IF EXISTS ${serverDialect.quoteIdentifier(name)}`],
  nextSequenceValue,
  insertRows: (executor, inserts) =>
    insertMariadbRows(
      executor,
      inserts.map(({ target, rows }) => ({ syntax: insertSyntax(target), columnCount: target.columns.length, rows })),
    ),
};

async function nextSequenceValue(executor: Executor, name: string): Promise<number> {
  const [rows] = await executor.raw(`SELECT NEXTVAL(${serverDialect.quoteIdentifier(name)}) AS id`);
  return toNumber(rows[0].id);
}
