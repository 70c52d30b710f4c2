/**
 * On SQLite a column of integers keeps whatever it is given: a fraction, text, or the REAL that a sum beyond 63 bits becomes.
 * Triggers refuse them where money and counts are kept; BIGINT does so by itself on servers. Triggers, not CHECKs: the
 * tables stay as they are, however large. Done again, it does nothing.
 */
import type { Knex } from 'knex';
import { type Change, type Migration, MigrationRefusal } from '../migration.ts';

const counts = ['views', 'ad_views', 'play_seconds'];
const basis = ['views_before', 'views_after', 'ads_before', 'ads_after', 'view_amount', 'ad_amount', 'total'];

/** Columns by table; those with `?` may be NULL. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  video_daily_stats: counts,
  settle_video_count: ['views', 'ads'],
  settle_view_amount: ['amount'],
  settle_video_settlement: basis,
  settle_settlement_adjustment: basis,
  settle_creator_credit: ['amount'],
  challenge: ['stake', 'fee_bp', 'threshold_percent', 'min_members'],
  challenge_member: ['stake'],
  settle_challenge: [
    'pot',
    'forfeited',
    'fee',
    'house',
    'refunded',
    'distributable',
    'left_over',
    'members',
    'winners',
  ],
  settle_payout: ['stake', 'pot', 'payout', 'weight?', 'floor_points?', 'fraction_numerator?', 'fraction_denominator?'],
};

export const migration: Migration = {
  name: '0640_sqlite_integers',
  sqlite: Object.entries(TABLES).flatMap(([table, columns]) => guardsOf(table, columns)),
  mariadb: [],
  mysql: [],
};

function guardsOf(table: string, columns: readonly string[]): readonly Change[] {
  const other = (row: string) => columns.map((column) => isOther(row, column)).join(' OR ');
  const triggers = ['INSERT', 'UPDATE'].map(
    (event) => `CREATE TRIGGER IF NOT EXISTS ${table}_integers_${event.toLowerCase()} BEFORE ${event} ON ${table}
           WHEN ${other('NEW.')}
           BEGIN SELECT RAISE(ABORT, 'datatype mismatch: a number of ${table} is no integer of 64 bits'); END`,
  );
  return [(knex) => requireIntegers(knex, table, other('')), ...triggers];
}

function isOther(row: string, column: string): string {
  const name = row + column.replace('?', '');
  return column.endsWith('?') ? `typeof(${name}) NOT IN ('integer', 'null')` : `typeof(${name}) <> 'integer'`;
}

async function requireIntegers(knex: Knex, table: string, condition: string): Promise<void> {
  const [found] = await knex.raw(`SELECT * FROM ${table} WHERE ${condition} LIMIT 1`);
  if (found === undefined) return;
  const values = Object.entries(found).map(([column, value]) => `${column} ${value}`);
  throw new MigrationRefusal(
    'NOT_WHOLE',
    `${table} keeps a number that is no whole one: ${values.join(', ').slice(0, 200)}`,
    'set it right, or restore the database from a backup before it was written; then run settle migrate again',
  );
}
