/** Makes the changes of a migration, each unless its guard says that it is made. */
import type { Knex } from 'knex';
import type { Fact, Migration, MigrationDialect } from './migration.ts';

/** @throws what the database throws, and a `MigrationRefusal` */
export async function applyMigration(migration: Migration, knex: Knex, dialect: MigrationDialect): Promise<void> {
  for (const change of migration[dialect]) {
    if (typeof change === 'string') await knex.raw(change);
    else if (typeof change === 'function') await change(knex);
    else if ('when' in change) {
      if (await isTrue(change.when, knex, dialect)) await knex.raw(change.sql);
    } else if (!(await isTrue(change.unless, knex, dialect))) await knex.raw(change.sql);
  }
}

async function isTrue(fact: Fact, knex: Knex, dialect: MigrationDialect): Promise<boolean> {
  if ('rowIn' in fact) return await hasRow(knex, dialect, `SELECT 1 FROM ${fact.rowIn} LIMIT 1`, []);
  const [sql, values] = dialect === 'sqlite' ? askSqlite(fact) : askServer(fact);
  return await hasRow(knex, dialect, sql, values);
}

type Question = readonly [sql: string, values: readonly string[]];
type SchemaFact = Exclude<Fact, { rowIn: string }>;

function askSqlite(fact: SchemaFact): Question {
  if ('column' in fact) return ['SELECT 1 FROM pragma_table_info(?) WHERE name = ?', fact.column];
  if ('index' in fact)
    return ["SELECT 1 FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND name = ?", fact.index];
  if ('trigger' in fact) return ["SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = ?", [fact.trigger]];
  return ["SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?", [fact.table]];
}

function askServer(fact: SchemaFact): Question {
  if ('column' in fact) return [`${inSchema('COLUMNS')} AND TABLE_NAME = ? AND COLUMN_NAME = ?`, fact.column];
  if ('index' in fact) return [`${inSchema('STATISTICS')} AND TABLE_NAME = ? AND INDEX_NAME = ?`, fact.index];
  if ('trigger' in fact) {
    const sql = 'SELECT 1 FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME = ?';
    return [sql, [fact.trigger]];
  }
  return [`${inSchema('TABLES')} AND TABLE_NAME = ?`, [fact.table]];
}

function inSchema(view: string): string {
  return `SELECT 1 FROM information_schema.${view} WHERE TABLE_SCHEMA = DATABASE()`;
}

async function hasRow(knex: Knex, dialect: MigrationDialect, sql: string, values: readonly string[]): Promise<boolean> {
  const result = await knex.raw(sql, values);
  const rows: readonly unknown[] = dialect === 'sqlite' ? result : result[0];
  return rows.length > 0;
}
