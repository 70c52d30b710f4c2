/**
 * settle_outbox_next: the next id of settle_outbox, in one row. Its lock is held from the taking of ids to the commit,
 * so that ids become visible in their order; and it outlives the rows, which a consumer may delete.
 */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0407_settle_outbox_next',
  up: async (knex, dialect) => {
    const { bigint, integer } = dialect.columnTypes;
    const columns = `singleton ${integer} NOT NULL PRIMARY KEY, next_id ${bigint} NOT NULL`;
    await createTable(knex, dialect, 'settle_outbox_next', columns);
  },
};
