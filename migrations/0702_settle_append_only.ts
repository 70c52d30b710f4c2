/**
 * Triggers that refuse UPDATE and DELETE on what is append-only, and DELETE on the rest of the ledger, for the owner of
 * the tables too. Made one by one and only where they are missing, so that a killed migration is taken up again.
 * On servers none is made where the program itself updates: such a trigger runs with the rights of the user who made it,
 * and would stop every posting when that user is removed.
 */
import type { Knex } from 'knex';
import type { Dialect } from '../src/database/dialect.ts';
import type { Migration } from './migration.ts';

type Change = 'UPDATE' | 'DELETE';

const guarded: Readonly<Record<string, readonly Change[]>> = {
  settle_journal: ['UPDATE', 'DELETE'],
  settle_entry: ['UPDATE', 'DELETE'],
  settle_consumption: ['UPDATE', 'DELETE'],
  settle_rate_card: ['UPDATE', 'DELETE'],
  settle_settlement_adjustment: ['UPDATE', 'DELETE'],
  settle_creator_credit: ['UPDATE', 'DELETE'],
  settle_challenge: ['UPDATE', 'DELETE'],
  settle_payout: ['UPDATE', 'DELETE'],
  settle_account: ['DELETE'],
  settle_lot: ['DELETE'],
  settle_ledger_head: ['DELETE'],
  settle_video_settlement: ['DELETE'],
  settle_settlement_date: ['DELETE'],
};

export const migration: Migration = {
  name: '0702_settle_append_only',
  up: async (knex, dialect) => {
    const there = await triggersOf(knex, dialect);
    for (const [table, changes] of Object.entries(guarded)) {
      for (const change of changes) {
        const name = `${table}_no_${change.toLowerCase()}`;
        if (!there.has(name)) await knex.raw(triggerSql(dialect, name, table, change));
      }
    }
  },
};

function triggerSql(dialect: Dialect, name: string, table: string, change: Change): string {
  const message = `settle: ${change} refused, ${table} is append-only`;
  const head = `CREATE TRIGGER ${name} BEFORE ${change} ON ${table} FOR EACH ROW`;
  return dialect.name === 'sqlite'
    ? `${head} BEGIN SELECT RAISE(ABORT, '${message}'); END`
    : `${head} SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${message}'`;
}

async function triggersOf(knex: Knex, dialect: Dialect): Promise<ReadonlySet<string>> {
  if (dialect.name === 'sqlite') {
    const rows: { name: string }[] = await knex.raw("SELECT name FROM sqlite_master WHERE type = 'trigger'");
    return new Set(rows.map(({ name }) => name));
  }
  const [rows] = await knex.raw(
    'SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()',
  );
  return new Set((rows as { name: string }[]).map(({ name }) => name));
}
