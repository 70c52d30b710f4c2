/** settle_payment_read: what each partition of a reconciliation has read of its date, to balance the classes with. Amounts are whole won. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_payment_read (job_instance_id BIGINT NOT NULL,
       partition_no INT NOT NULL,
       orders BIGINT NOT NULL,
       approvals BIGINT NOT NULL,
       ordered_amount BIGINT NOT NULL,
       approved_amount BIGINT NOT NULL,
       PRIMARY KEY (job_instance_id, partition_no)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0846_settle_payment_read',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_payment_read (job_instance_id INTEGER NOT NULL,
       partition_no INTEGER NOT NULL,
       orders INTEGER NOT NULL,
       approvals INTEGER NOT NULL,
       ordered_amount INTEGER NOT NULL,
       approved_amount INTEGER NOT NULL,
       PRIMARY KEY (job_instance_id, partition_no))`,
  ],
  mariadb: servers,
  mysql: servers,
};
