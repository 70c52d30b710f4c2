/** What migrations 0601 to 0604 share: primary keys for tables of Spring Batch on MariaDB and MySQL. Frozen with them. */
import type { Knex } from 'knex';

/** False also for a sequence that is no table. */
export async function lacksPrimaryKey(knex: Knex, table: string): Promise<boolean> {
  const [[found]] = await knex.raw(
    'SELECT TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?',
    [table],
  );
  if (found?.type !== 'BASE TABLE') return false;
  const [key] = await knex.raw(
    `SELECT 1 FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' LIMIT 1`,
    [table],
  );
  return key.length === 0;
}

/** Names of the indexes that begin with the column. */
export async function indexesOn(knex: Knex, table: string, column: string): Promise<string[]> {
  const [rows]: { name: string }[][] = await knex.raw(
    `SELECT INDEX_NAME AS name FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND SEQ_IN_INDEX = 1 AND COLUMN_NAME = ?`,
    [table, column],
  );
  return rows.map(({ name }) => name);
}

/** The unique key of a sequence table becomes its primary key. */
export function renewSequence(table: string): (knex: Knex) => Promise<void> {
  return async (knex) => {
    if (!(await lacksPrimaryKey(knex, table))) return;
    const changes = [
      'CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
      ...(await indexesOn(knex, table, 'UNIQUE_KEY')).map((index) => `DROP INDEX \`${index}\``),
      'ADD PRIMARY KEY (UNIQUE_KEY)',
    ];
    await knex.raw(`ALTER TABLE ${table} ${changes.join(', ')}`);
  };
}
