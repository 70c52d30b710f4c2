/** settle_payment_class: the class of an order (approval_id 0), or of an approval without order, as of a date; a row for each change of it. The unique key is an index: the items of a date. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_payment_class (order_id BIGINT NOT NULL,
       approval_id BIGINT NOT NULL,
       seq INT NOT NULL,
       business_date DATE NOT NULL,
       as_of_date DATE NOT NULL,
       class VARCHAR(24) NOT NULL,
       orders INT NOT NULL,
       approvals BIGINT NOT NULL,
       ordered_amount BIGINT NOT NULL,
       approved_amount BIGINT NOT NULL,
       counted_approval_id BIGINT NULL,
       job_execution_id BIGINT NOT NULL,
       decided_at DATETIME(6) NOT NULL,
       PRIMARY KEY (order_id, approval_id, seq),
       UNIQUE (business_date, order_id, approval_id, seq)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0843_settle_payment_class',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_payment_class (order_id INTEGER NOT NULL,
       approval_id INTEGER NOT NULL,
       seq INTEGER NOT NULL,
       business_date TEXT NOT NULL,
       as_of_date TEXT NOT NULL,
       class VARCHAR(24) NOT NULL,
       orders INTEGER NOT NULL,
       approvals INTEGER NOT NULL,
       ordered_amount INTEGER NOT NULL,
       approved_amount INTEGER NOT NULL,
       counted_approval_id INTEGER NULL,
       job_execution_id INTEGER NOT NULL,
       decided_at TEXT NOT NULL,
       PRIMARY KEY (order_id, approval_id, seq),
       UNIQUE (business_date, order_id, approval_id, seq))`,
  ],
  mariadb: servers,
  mysql: servers,
};
