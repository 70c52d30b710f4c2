/** challenge_member: who staked what on which challenge. The unique key is an index: the members of a challenge in join order. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0402_challenge_member',
  up: async (knex, dialect) => {
    const { bigint, instantMillis } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'challenge_member',
      `id ${bigint} NOT NULL PRIMARY KEY,
       challenge_id ${bigint} NOT NULL,
       user_id ${bigint} NOT NULL,
       stake ${bigint} NOT NULL,
       joined_at ${instantMillis} NOT NULL,
       quit_at ${instantMillis} NULL,
       UNIQUE (challenge_id, joined_at, id)`,
    );
  },
};
