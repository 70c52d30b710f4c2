/** settle_challenge: how a challenge ended: the pot, its parts, the policy used and the run. Points are whole. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0404_settle_challenge',
  up: async (knex, dialect) => {
    const { bigint, integer, date, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_challenge',
      `challenge_id ${bigint} NOT NULL PRIMARY KEY,
       status ${varchar(10)} NOT NULL,
       business_date ${date} NOT NULL,
       zone ${varchar(64)} NOT NULL,
       job_execution_id ${bigint} NOT NULL,
       members ${bigint} NOT NULL,
       winners ${bigint} NOT NULL,
       days ${integer} NOT NULL,
       threshold_percent ${integer} NOT NULL,
       fee_bp ${integer} NOT NULL,
       no_winner_policy ${varchar(10)} NOT NULL,
       pot ${bigint} NOT NULL,
       forfeited ${bigint} NOT NULL,
       fee ${bigint} NOT NULL,
       house ${bigint} NOT NULL,
       refunded ${bigint} NOT NULL,
       distributable ${bigint} NOT NULL,
       left_over ${bigint} NOT NULL`,
    );
  },
};
