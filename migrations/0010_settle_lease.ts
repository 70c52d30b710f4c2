/** settle_lease: who runs an execution, and until when that is to be believed (src/engine/ownership.ts). */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0010_settle_lease',
  up: async (knex, dialect) => {
    const { bigint, instantMicros, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_lease',
      `job_execution_id ${bigint} NOT NULL PRIMARY KEY,
       owner_id ${varchar(36)} NOT NULL,
       host ${varchar(255)} NOT NULL,
       pid ${bigint} NOT NULL,
       boot_id ${varchar(100)} NOT NULL,
       process_start ${varchar(40)} NOT NULL,
       heartbeat_at ${instantMicros} NOT NULL,
       expires_at ${instantMicros} NOT NULL`,
    );
  },
};
