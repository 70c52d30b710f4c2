/** settle_outbox: notifications for a single consumer, with ids in the order of their commits (settle_outbox_next). */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0406_settle_outbox',
  up: async (knex, dialect) => {
    const { bigint, instantMicros, longText, varchar } = dialect.columnTypes;
    const key = dialect.quoteIdentifier('key');
    await createTable(
      knex,
      dialect,
      'settle_outbox',
      `id ${bigint} NOT NULL PRIMARY KEY,
       topic ${varchar(64)} NOT NULL,
       ${key} ${varchar(190)} NOT NULL,
       payload ${longText} NOT NULL,
       created_at ${instantMicros} NOT NULL`,
    );
  },
};
