/** settle_payout: what each member of a challenge got back, and every input of it. The unique key is an index. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0405_settle_payout',
  up: async (knex, dialect) => {
    const { bigint, integer, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_payout',
      `member_id ${bigint} NOT NULL PRIMARY KEY,
       challenge_id ${bigint} NOT NULL,
       user_id ${bigint} NOT NULL,
       verdict ${varchar(10)} NOT NULL,
       proof_days ${integer} NOT NULL,
       percent ${integer} NOT NULL,
       stake ${bigint} NOT NULL,
       kind ${varchar(10)} NOT NULL,
       pot ${bigint} NOT NULL,
       weight ${bigint} NULL,
       floor_points ${bigint} NULL,
       fraction_numerator ${bigint} NULL,
       fraction_denominator ${bigint} NULL,
       extra_point ${integer} NULL,
       payout ${bigint} NOT NULL,
       journal_key ${varchar(190)} NULL,
       job_execution_id ${bigint} NOT NULL,
       UNIQUE (challenge_id, member_id)`,
    );
  },
};
