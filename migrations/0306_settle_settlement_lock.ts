/** settle_settlement_lock: its one row is locked by whoever changes settlements, so that two dates never cross. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0306_settle_settlement_lock',
  up: async (knex, dialect) => {
    const { integer } = dialect.columnTypes;
    await createTable(knex, dialect, 'settle_settlement_lock', `id ${integer} NOT NULL PRIMARY KEY`);
  },
};
