/**
 * On SQLite a column of integers keeps whatever it is given, and a sum beyond 63 bits becomes a REAL, which has lost
 * points. The ledger's tables are made anew with a CHECK of every integer. On servers BIGINT refuses by itself.
 * All of it is one transaction on SQLite: a process killed in between leaves the tables as they were.
 */
import type { Knex } from 'knex';
import { type Change, type Migration, MigrationRefusal } from '../migration.ts';

const isInteger = (column: string) => `CHECK (typeof(${column}) = 'integer')`;
const isIntegerOrNull = (column: string) => `CHECK (typeof(${column}) IN ('integer', 'null'))`;

/** Columns and keys as migrations 0201 to 0206 have them. */
const tables: Readonly<Record<string, { readonly integers: readonly string[]; readonly columns: string }>> = {
  settle_account: {
    integers: ['owner_id', 'balance'],
    columns: `account_type VARCHAR(10) NOT NULL,
       owner_id INTEGER NOT NULL ${isInteger('owner_id')},
       balance INTEGER NOT NULL ${isInteger('balance')},
       PRIMARY KEY (account_type, owner_id)`,
  },
  settle_journal: {
    integers: ['id', 'reverses_id', 'line_count', 'hash_version'],
    columns: `id INTEGER NOT NULL PRIMARY KEY,
       journal_key VARCHAR(190) NOT NULL UNIQUE,
       kind VARCHAR(40) NOT NULL,
       business_date TEXT NOT NULL,
       reason VARCHAR(500) NOT NULL,
       reverses_id INTEGER NULL UNIQUE ${isIntegerOrNull('reverses_id')},
       line_count INTEGER NOT NULL ${isInteger('line_count')},
       content_digest VARCHAR(64) NOT NULL,
       hash_version INTEGER NOT NULL ${isInteger('hash_version')},
       previous_hash VARCHAR(64) NOT NULL,
       hash VARCHAR(64) NOT NULL`,
  },
  settle_entry: {
    integers: ['journal_id', 'line_no', 'owner_id', 'amount'],
    columns: `journal_id INTEGER NOT NULL ${isInteger('journal_id')},
       line_no INTEGER NOT NULL ${isInteger('line_no')},
       account_type VARCHAR(10) NOT NULL,
       owner_id INTEGER NOT NULL ${isInteger('owner_id')},
       amount INTEGER NOT NULL ${isInteger('amount')},
       PRIMARY KEY (journal_id, line_no),
       UNIQUE (account_type, owner_id, journal_id, line_no)`,
  },
  settle_lot: {
    integers: ['journal_id', 'line_no', 'user_id', 'amount', 'remaining'],
    columns: `journal_id INTEGER NOT NULL ${isInteger('journal_id')},
       line_no INTEGER NOT NULL ${isInteger('line_no')},
       user_id INTEGER NOT NULL ${isInteger('user_id')},
       amount INTEGER NOT NULL ${isInteger('amount')},
       remaining INTEGER NOT NULL ${isInteger('remaining')},
       granted_at TEXT NOT NULL,
       expires_at TEXT NULL,
       PRIMARY KEY (journal_id, line_no),
       UNIQUE (user_id, remaining, expires_at, journal_id, line_no)`,
  },
  settle_consumption: {
    integers: ['journal_id', 'line_no', 'lot_journal_id', 'lot_line_no', 'restores_id', 'amount'],
    columns: `journal_id INTEGER NOT NULL ${isInteger('journal_id')},
       line_no INTEGER NOT NULL ${isInteger('line_no')},
       lot_journal_id INTEGER NOT NULL ${isInteger('lot_journal_id')},
       lot_line_no INTEGER NOT NULL ${isInteger('lot_line_no')},
       restores_id INTEGER NOT NULL ${isInteger('restores_id')},
       amount INTEGER NOT NULL ${isInteger('amount')},
       PRIMARY KEY (journal_id, line_no, lot_journal_id, lot_line_no, restores_id),
       UNIQUE (restores_id, journal_id, line_no, lot_journal_id, lot_line_no)`,
  },
  settle_ledger_head: {
    integers: ['id', 'last_journal_id'],
    columns: `id INTEGER NOT NULL PRIMARY KEY,
       last_journal_id INTEGER NOT NULL ${isInteger('last_journal_id')},
       last_hash VARCHAR(64) NOT NULL`,
  },
};

export const migration: Migration = {
  name: '0701_settle_ledger_integers',
  sqlite: Object.entries(tables).flatMap(([table, { integers, columns }]): readonly Change[] => [
    (knex) => requireIntegers(knex, table, integers),
    `CREATE TABLE ${table}_checked (${columns})`,
    `INSERT INTO ${table}_checked SELECT * FROM ${table}`,
    `DROP TABLE ${table}`,
    `ALTER TABLE ${table}_checked RENAME TO ${table}`,
  ]),
  mariadb: [],
  mysql: [],
};

async function requireIntegers(knex: Knex, table: string, integers: readonly string[]): Promise<void> {
  const other = integers.map((column) => `typeof(${column}) NOT IN ('integer', 'null')`).join(' OR ');
  const [row] = await knex.raw(`SELECT * FROM ${table} WHERE ${other} LIMIT 1`);
  if (row === undefined) return;
  const values = Object.entries(row).map(([column, value]) => `${column} ${value}`);
  throw new MigrationRefusal(
    'LEDGER_BROKEN',
    `${table} keeps a number that is no whole one: ${values.join(', ').slice(0, 200)}`,
    'an earlier version went beyond 63 bits here and has lost points: restore the database from a backup before',
  );
}
