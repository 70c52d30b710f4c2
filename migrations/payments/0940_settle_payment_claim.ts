/**
 * settle_payment_claim: the one execution that may reconcile payments, NULL: none; and the job instance whose
 * settle_payment_read holds beside the classes, NULL: none.
 */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_payment_claim (id INT NOT NULL PRIMARY KEY,
       job_execution_id BIGINT NULL,
       job_instance_id BIGINT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0940_settle_payment_claim',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_payment_claim (id INTEGER NOT NULL PRIMARY KEY,
       job_execution_id INTEGER NULL,
       job_instance_id INTEGER NULL)`,
  ],
  mariadb: servers,
  mysql: servers,
};
