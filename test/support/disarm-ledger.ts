/** Removes what keeps an owner of the database from changing the ledger: who may do that can also do this. */
import type { Database } from '../../src/database/database.ts';

/** Drops every trigger of the database; on SQLite CHECKs of this connection go, too. */
export async function disarmLedger({ knex, dialect }: Database): Promise<void> {
  if (dialect.name === 'sqlite') {
    const rows: { name: string }[] = await knex.raw("SELECT name FROM sqlite_master WHERE type = 'trigger'");
    for (const { name } of rows) await knex.raw(`DROP TRIGGER ${name}`);
    await knex.raw('PRAGMA ignore_check_constraints = ON');
    return;
  }
  const [rows] = await knex.raw(
    'SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()',
  );
  for (const { name } of rows) await knex.raw(`DROP TRIGGER ${name}`);
}
