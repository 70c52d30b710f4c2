/** settle_view_amount: what the job `copy-views` writes, one row for each view. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0501_settle_view_amount',
  up: async (knex, dialect) => {
    const { bigint } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_view_amount',
      `id ${bigint} NOT NULL,
       video_id ${bigint} NOT NULL,
       amount ${bigint} NOT NULL,
       PRIMARY KEY (id)`,
    );
  },
};
