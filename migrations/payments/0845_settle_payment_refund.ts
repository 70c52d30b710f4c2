/** settle_payment_refund: refunds that the provider was asked for by the outbox, one row an approval; `state` is asked or withdrawn. The unique key is an index: those of a date. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_payment_refund (order_id BIGINT NOT NULL,
       approval_id BIGINT NOT NULL,
       amount BIGINT NOT NULL,
       state VARCHAR(10) NOT NULL,
       reason VARCHAR(40) NOT NULL,
       times INT NOT NULL,
       business_date DATE NOT NULL,
       job_execution_id BIGINT NOT NULL,
       PRIMARY KEY (order_id, approval_id),
       UNIQUE (business_date, order_id, approval_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0845_settle_payment_refund',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_payment_refund (order_id INTEGER NOT NULL,
       approval_id INTEGER NOT NULL,
       amount INTEGER NOT NULL,
       state VARCHAR(10) NOT NULL,
       reason VARCHAR(40) NOT NULL,
       times INTEGER NOT NULL,
       business_date TEXT NOT NULL,
       job_execution_id INTEGER NOT NULL,
       PRIMARY KEY (order_id, approval_id),
       UNIQUE (business_date, order_id, approval_id))`,
  ],
  mariadb: servers,
  mysql: servers,
};
