/** settle_ledger_verification: one row, the last result of `settle ledger verify`; money jobs and `doctor` look at it. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0760_settle_ledger_verification',
  up: async (knex, dialect) => {
    const { bigint, instantMicros, integer, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_ledger_verification',
      `id ${integer} NOT NULL PRIMARY KEY,
       verified_at ${instantMicros} NOT NULL,
       is_sound ${integer} NOT NULL,
       head_id ${bigint} NULL,
       head_hash ${varchar(64)} NULL,
       journals ${bigint} NOT NULL,
       against_known_ends ${integer} NOT NULL,
       misfit_place ${varchar(200)} NULL,
       misfit_problem ${varchar(500)} NULL`,
    );
  },
};
