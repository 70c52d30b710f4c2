/** settle_statistics_run.log_end_id: the largest id of the log that the plan of the run knew; NULL for earlier versions. */
import type { Change, Migration } from '../migration.ts';

const servers: readonly Change[] = [
  {
    unless: { column: ['settle_statistics_run', 'log_end_id'] },
    sql: 'ALTER TABLE settle_statistics_run ADD COLUMN log_end_id BIGINT NULL',
  },
];

export const migration: Migration = {
  name: '0751_statistics_run_log_end',
  sqlite: [
    {
      unless: { column: ['settle_statistics_run', 'log_end_id'] },
      sql: 'ALTER TABLE settle_statistics_run ADD COLUMN log_end_id INTEGER NULL',
    },
  ],
  mariadb: servers,
  mysql: servers,
};
