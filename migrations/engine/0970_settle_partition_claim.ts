/**
 * Claims on partitions: who works on one (`owner_id`, the name of a worker's claim; null: the run's own process), the epoch
 * that each claim raises, how often it was tried, and why the last try failed (JSON).
 */
import type { Change, Migration } from '../migration.ts';

const servers: readonly Change[] = [
  {
    unless: { column: ['settle_partition', 'epoch'] },
    sql: `ALTER TABLE settle_partition ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0,
       ADD COLUMN attempts INT NOT NULL DEFAULT 0,
       ADD COLUMN owner_id VARCHAR(64) NULL,
       ADD COLUMN owner_host VARCHAR(255) NULL,
       ADD COLUMN failure TEXT NULL`,
  },
];

export const migration: Migration = {
  name: '0970_settle_partition_claim',
  sqlite: [
    {
      unless: { column: ['settle_partition', 'epoch'] },
      sql: 'ALTER TABLE settle_partition ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0',
    },
    {
      unless: { column: ['settle_partition', 'attempts'] },
      sql: 'ALTER TABLE settle_partition ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0',
    },
    {
      unless: { column: ['settle_partition', 'owner_id'] },
      sql: 'ALTER TABLE settle_partition ADD COLUMN owner_id TEXT NULL',
    },
    {
      unless: { column: ['settle_partition', 'owner_host'] },
      sql: 'ALTER TABLE settle_partition ADD COLUMN owner_host TEXT NULL',
    },
    {
      unless: { column: ['settle_partition', 'failure'] },
      sql: 'ALTER TABLE settle_partition ADD COLUMN failure TEXT NULL',
    },
  ],
  mariadb: servers,
  mysql: servers,
};
