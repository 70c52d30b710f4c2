/** The chain begins before the first journal: number 0, a hash of zeros. */
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0207_settle_ledger_start',
  up: async (knex) => {
    if ((await knex('settle_ledger_head').first('id')) !== undefined) return;
    await knex('settle_ledger_head').insert({ id: 1, last_journal_id: 0, last_hash: '0'.repeat(64) });
  },
};
