/**
 * settle_consumption: which lots an entry took points from. A negative amount gives points back to the lot;
 * `restores_id` is then the journal that had taken them, and 0 otherwise. Append-only.
 */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0205_settle_consumption',
  up: async (knex, dialect) => {
    const { bigint, integer } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_consumption',
      `journal_id ${bigint} NOT NULL,
       line_no ${integer} NOT NULL,
       lot_journal_id ${bigint} NOT NULL,
       lot_line_no ${integer} NOT NULL,
       restores_id ${bigint} NOT NULL,
       amount ${bigint} NOT NULL,
       PRIMARY KEY (journal_id, line_no, lot_journal_id, lot_line_no, restores_id),
       UNIQUE (restores_id, journal_id, line_no, lot_journal_id, lot_line_no)`,
    );
  },
};
