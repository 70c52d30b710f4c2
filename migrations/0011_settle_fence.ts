/** settle_fence: the token of the run that may commit for a job instance (src/engine/ownership.ts). */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0011_settle_fence',
  up: async (knex, dialect) => {
    const { bigint } = dialect.columnTypes;
    const columns = `job_instance_id ${bigint} NOT NULL PRIMARY KEY, token ${bigint} NOT NULL`;
    await createTable(knex, dialect, 'settle_fence', columns);
  },
};
