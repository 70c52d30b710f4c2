/** The one row of settle_outbox_next: ids begin at 1. */
import { bulkInsert } from '../src/database/bulk-insert.ts';
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0408_settle_outbox_first',
  up: async (knex, dialect) => {
    const columns = ['singleton', 'next_id'];
    await bulkInsert(knex, dialect, { table: 'settle_outbox_next', columns, mode: 'ignore', keys: ['singleton'] }, [
      [1, 1],
    ]);
  },
};
