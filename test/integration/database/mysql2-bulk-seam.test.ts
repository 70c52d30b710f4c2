/** Fails when an upgrade of mysql2 moves what mysql2-bulk-seam.ts relies on; and loses connections in mid-command. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bulkInsert } from '../../../src/database/bulk-insert.ts';
import type { Database } from '../../../src/database/database.ts';
import { classifyError, toSettleError } from '../../../src/database/errors.ts';
import { type BulkConnection, takesBulk } from '../../../src/database/mysql2-bulk-seam.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { withRawConnection } from '../../../src/database/raw-connection.ts';
import type { SqlValue } from '../../../src/database/values.ts';
import { freshDatabase, serverDatabases, type TestDatabase } from '../../support/databases.ts';
import { FaultProxy } from '../../support/fault-proxy.ts';

const target = { table: 't', columns: ['id', 'b'] };

function rowsFrom(first: number): SqlValue[][] {
  return Array.from({ length: 100 }, (_, i) => [first + i, null]);
}

describe.each(serverDatabases())('the bulk seam to mysql2 on $name', ({ name }) => {
  let own: TestDatabase;
  let proxy: FaultProxy;
  let database: Database;

  beforeEach(async () => {
    own = await freshDatabase(name);
    proxy = await FaultProxy.open(own.url);
    database = await openDatabase(proxy.url);
    await database.knex.raw('CREATE TABLE t (id BIGINT PRIMARY KEY, b LONGBLOB)');
  });
  afterEach(async () => {
    await database.close();
    await proxy.close();
    await own.drop();
  });

  test('a MariaDB server takes bulk commands, and they are used; MySQL has none', async () => {
    const takes = await withRawConnection(database.knex, async (connection: BulkConnection) => takesBulk(connection));
    expect(takes).toBe(name === 'mariadb');
    const seen: string[] = [];
    proxy.onStatement = (statement) => seen.push(statement);
    await database.transaction(async (tx) => {
      await bulkInsert(tx, database.dialect, target, rowsFrom(1));
      await bulkInsert(tx, database.dialect, target, rowsFrom(1001));
    });
    const inserts = seen.filter((statement) => statement.startsWith('INSERT'));
    expect(inserts.filter((statement) => statement.endsWith('VALUES (?,?)'))).toHaveLength(takes ? 2 : 0);
    expect(inserts).toHaveLength(2);
    expect(await database.knex('t').count('* as n')).toEqual([{ n: 200 }]);
  });

  test('after an error the connection goes on', async () => {
    await database.transaction(async (tx) => {
      const twice = [...rowsFrom(1), [1, null]];
      const error = await bulkInsert(tx, database.dialect, target, twice).catch((failure: unknown) => failure);
      expect(error).toMatchObject({ errno: 1062, sqlMessage: expect.stringContaining("'1' for key") });
      expect((error as { sql: string }).sql).toContain('INSERT INTO `t`');
      await bulkInsert(tx, database.dialect, target, rowsFrom(501));
    });
    expect(await database.knex('t').count('* as n')).toEqual([{ n: 100 }]);
  });

  test('a row that is too large for one packet goes as text, when the server takes so much', async () => {
    if (name === 'mysql') return;
    // Not by way of the proxy, which is slow with packets of that size.
    const direct = await openDatabase(own.url);
    try {
      const large = Buffer.alloc(17 * 1024 * 1024, 7);
      const [[{ bytesMax }]] = await direct.knex.raw('SELECT @@max_allowed_packet AS bytesMax');
      const rows = [...rowsFrom(1), [999, large], ...rowsFrom(2000)];
      const failed = bulkInsert(direct.knex, direct.dialect, target, rows).then(
        () => 'none',
        (error) => toSettleError(error).code,
      );
      if (bytesMax < 3 * large.length) return expect(await failed).toMatch(/PACKET_TOO_LARGE|CONNECTION_LOST/);
      expect(await failed).toBe('none');
      const [row] = await direct.knex('t').where({ id: 999 });
      expect(large.equals(row.b)).toBe(true);
      expect(await direct.knex('t').count('* as n')).toEqual([{ n: 201 }]);
    } finally {
      await direct.close();
    }
  });

  test('a connection that is lost in mid-command is a transient error, and nothing is kept', async () => {
    for (const kind of ['reset-before', 'end-before', 'reset-in-answer'] as const) {
      proxy.arm({ statement: /^INSERT/ }, kind === 'reset-in-answer' ? { kind, bytes: 0 } : { kind });
      const failed = database.transaction((tx) => bulkInsert(tx, database.dialect, target, rowsFrom(1)));
      expect(await failed.then(String, classifyError)).toBe('transient');
    }
    expect(proxy.struck).toHaveLength(3);
    expect(await database.knex('t').count('* as n')).toEqual([{ n: 0 }]);
    await bulkInsert(database.knex, database.dialect, target, rowsFrom(1));
    expect(await database.knex('t').count('* as n')).toEqual([{ n: 100 }]);
  });
});
