/** The chain begins before the first journal: number 0, a hash of zeros. */
import type { Migration } from '../migration.ts';

const start = [
  {
    unless: { rowIn: 'settle_ledger_head' },
    sql: `INSERT INTO settle_ledger_head (id, last_journal_id, last_hash) VALUES (1, 0, '${'0'.repeat(64)}')`,
  },
];

export const migration: Migration = { name: '0207_settle_ledger_start', sqlite: start, mariadb: start, mysql: start };
