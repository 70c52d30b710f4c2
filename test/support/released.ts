/** Databases as a released version left them (test/fixtures/released), and the shape of a schema, to compare two of them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import SqliteDatabase from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import type { Database } from '../../src/database/database.ts';
import type { DatabaseKind, TestDatabase } from './databases.ts';

/** Loads the dump of `version` into an empty database. */
export async function restoreRelease(place: TestDatabase, version: string): Promise<void> {
  const path = fileURLToPath(new URL(`../fixtures/released/${version}/${place.kind}.sql.gz`, import.meta.url));
  const sql = gunzipSync(readFileSync(path)).toString();
  if (place.kind === 'sqlite') {
    const file = new SqliteDatabase(place.url.replace('sqlite:', ''));
    file.exec(sql);
    file.close();
    return;
  }
  const connection = await createConnection({ uri: place.url, multipleStatements: true });
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}

/** A line for each column, key, index, check and trigger of every table: what two equal schemas have in common. */
export async function schemaShape(database: Database, kind: DatabaseKind): Promise<string[]> {
  const queries = kind === 'sqlite' ? SQLITE_SHAPE : SERVER_SHAPE;
  const lines: string[] = [];
  for (const [what, sql] of Object.entries(queries)) {
    const result = await database.knex.raw(sql);
    const rows: Record<string, unknown>[] = kind === 'sqlite' ? result : result[0];
    lines.push(...rows.map((row) => `${what} ${Object.values(row).join(' | ')}`.replace(/\s+/g, ' ')));
  }
  return lines.sort();
}

const SQLITE_SHAPE = {
  column: `SELECT t.name AS tbl, c.name, c.type, c."notnull", c.dflt_value, c.pk
    FROM sqlite_master t JOIN pragma_table_xinfo(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`,
  strict: `SELECT name, strict, wr FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'`,
  index: `SELECT t.name AS tbl, i."unique", i.origin, group_concat(c.name) AS columns
    FROM sqlite_master t JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c
    WHERE t.type = 'table' GROUP BY t.name, i.name`,
  foreign: `SELECT t.name AS tbl, f."table", f."from", f."to" FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) f
    WHERE t.type = 'table'`,
  trigger: `SELECT name, tbl_name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')`,
};

const SERVER_SHAPE = {
  table: `SELECT table_name, table_type, engine, table_collation FROM information_schema.tables
    WHERE table_schema = DATABASE()`,
  column: `SELECT table_name, column_name, column_type, is_nullable, column_default, collation_name, extra
    FROM information_schema.columns WHERE table_schema = DATABASE()`,
  index: `SELECT table_name, index_name, non_unique, seq_in_index, column_name FROM information_schema.statistics
    WHERE table_schema = DATABASE()`,
  constraint: `SELECT table_name, constraint_name, constraint_type FROM information_schema.table_constraints
    WHERE table_schema = DATABASE()`,
  trigger: `SELECT event_object_table, trigger_name, action_timing, event_manipulation, action_statement
    FROM information_schema.triggers WHERE trigger_schema = DATABASE()`,
};
