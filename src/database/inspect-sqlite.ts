/** What SQLite tells about a file, and the file system about its folder. */
import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatabaseConnection } from './connection.ts';
import { findsByKey } from './explain-sqlite.ts';
import type { ColumnFacts, Inspector, TableSize } from './inspect.ts';
import { parseDatabaseUrl } from './url.ts';
import { toNumber } from './values.ts';

export const sqliteInspector: Inspector = {
  version: async (executor) => `SQLite ${(await executor.raw('SELECT sqlite_version() AS version'))[0].version}`,
  tables: async (executor) =>
    (
      await executor.raw(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
      )
    ).map(({ name }: { name: string }) => name),
  tableSizes: async (executor) => {
    const rows: { name: string; bytes: number }[] = await executor.raw(
      `SELECT m.tbl_name AS name, SUM(s.pgsize) AS bytes FROM dbstat AS s JOIN sqlite_master AS m ON m.name = s.name
       WHERE m.tbl_name NOT LIKE 'sqlite%' GROUP BY m.tbl_name ORDER BY bytes DESC`,
    );
    const sizes: TableSize[] = [];
    for (const { name, bytes } of rows) {
      const [{ count }] = await executor(name).count({ count: '*' });
      sizes.push({ table: name, rows: toNumber(count), bytes });
    }
    return sizes;
  },
  relation: async (executor, name) => {
    const [row] = await executor.raw(
      "SELECT type FROM sqlite_master WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')",
      [name],
    );
    return row?.type;
  },
  columns: async (executor, table) => {
    const rows: Record<string, string | number | null>[] = await executor.raw('SELECT * FROM pragma_table_xinfo(?)', [
      table,
    ]);
    return rows.map(toColumnFacts);
  },
  primaryKey: async (executor, table) => {
    const columns: { name: string; pk: number }[] = await executor.raw('SELECT name, pk FROM pragma_table_info(?)', [
      table,
    ]);
    return columns
      .filter(({ pk }) => pk > 0)
      .sort((a, b) => a.pk - b.pk)
      .map(({ name }) => name);
  },
  indexesOn: async (executor, table, column) =>
    (
      await executor.raw(
        `SELECT i.name FROM pragma_index_list(?) AS i JOIN pragma_index_info(i.name) AS c
         WHERE c.seqno = 0 AND c.name = ? COLLATE NOCASE`,
        [table, column],
      )
    ).map(({ name }: { name: string }) => name),
  findsByKey,
  settings: async () => undefined,
  variables: async () => undefined,
  folder: async (database) => dirname(pathOf(database)),
  // Rights are those on the file and on its folder, where the -wal file is.
  missingPrivileges: async (database, _table, privileges) => {
    const path = pathOf(database);
    const isWritable = mayWrite(path) && mayWrite(dirname(path));
    return isWritable ? [] : privileges.filter((privilege) => privilege !== 'SELECT');
  },
};

/** Of `hidden`: 2 is a virtual, 3 a stored generated column. */
function toColumnFacts(row: Record<string, string | number | null>): ColumnFacts {
  const type = String(row.type).toLowerCase();
  const isGenerated = Number(row.hidden) >= 2;
  const isRowId = row.pk === 1 && type === 'integer';
  return {
    name: String(row.name),
    type,
    isNullable: row.notnull === 0,
    hasDefault: row.dflt_value !== null || isGenerated || isRowId,
    isGenerated,
  };
}

function pathOf(database: DatabaseConnection): string {
  const url = parseDatabaseUrl(database.url);
  if (url.kind !== 'sqlite') throw new TypeError(`${url.displayUrl} is no SQLite file`);
  return resolve(url.path);
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
