/** settle_payment_posting: the points of an order, as the ledger has them or should have them. `state` is due, posted or reversed; `problem` says why the ledger refused what is to be done next. The unique key is an index: what waits. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_payment_posting (order_id BIGINT NOT NULL,
       approval_id BIGINT NOT NULL,
       seq INT NOT NULL,
       user_id BIGINT NOT NULL,
       amount BIGINT NOT NULL,
       granted_at DATETIME(3) NOT NULL,
       expires_at DATETIME(3) NOT NULL,
       state VARCHAR(8) NOT NULL,
       business_date DATE NOT NULL,
       journal_key VARCHAR(190) NOT NULL,
       reversed_date DATE NULL,
       problem VARCHAR(500) NULL,
       job_execution_id BIGINT NOT NULL,
       PRIMARY KEY (order_id, approval_id, seq),
       UNIQUE (business_date, order_id, approval_id, seq)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0844_settle_payment_posting',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_payment_posting (order_id INTEGER NOT NULL,
       approval_id INTEGER NOT NULL,
       seq INTEGER NOT NULL,
       user_id INTEGER NOT NULL,
       amount INTEGER NOT NULL,
       granted_at TEXT NOT NULL,
       expires_at TEXT NOT NULL,
       state VARCHAR(8) NOT NULL,
       business_date TEXT NOT NULL,
       journal_key VARCHAR(190) NOT NULL,
       reversed_date TEXT NULL,
       problem VARCHAR(500) NULL,
       job_execution_id INTEGER NOT NULL,
       PRIMARY KEY (order_id, approval_id, seq),
       UNIQUE (business_date, order_id, approval_id, seq))`,
  ],
  mariadb: servers,
  mysql: servers,
};
