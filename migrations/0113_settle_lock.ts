/** settle_lock: rows to lock, by name, where runs of different dates must take turns. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0113_settle_lock',
  up: async (knex, dialect) => {
    const { varchar } = dialect.columnTypes;
    await createTable(knex, dialect, 'settle_lock', `name ${varchar(64)} NOT NULL PRIMARY KEY`);
  },
};
