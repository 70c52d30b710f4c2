/** challenge_proof: on which dates somebody did what a challenge asks for; strangers and repeats included. The unique key is an index. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0403_challenge_proof',
  up: async (knex, dialect) => {
    const { bigint, date } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'challenge_proof',
      `id ${bigint} NOT NULL PRIMARY KEY,
       challenge_id ${bigint} NOT NULL,
       user_id ${bigint} NOT NULL,
       proof_date ${date} NOT NULL,
       UNIQUE (challenge_id, user_id, proof_date, id)`,
    );
  },
};
