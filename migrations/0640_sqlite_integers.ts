/**
 * On SQLite a column of integers keeps whatever it is given: a fraction, text, or the REAL that a sum beyond 63 bits becomes.
 * Triggers refuse them where money and counts are kept; BIGINT does so by itself on servers. Triggers, not CHECKs: the
 * tables stay as they are, however large. Done again, it does nothing.
 */
import { ExitCode, SettleError } from '../src/errors.ts';
import type { Migration } from './migration.ts';

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
  up: async (knex, dialect) => {
    if (dialect.name !== 'sqlite') return;
    for (const [table, columns] of Object.entries(TABLES)) {
      const other = (row: string) => columns.map((column) => isOther(row, column)).join(' OR ');
      const [found] = await knex.raw(`SELECT * FROM ${table} WHERE ${other('')} LIMIT 1`);
      if (found !== undefined) throw notWhole(table, found);
      for (const event of ['INSERT', 'UPDATE'] as const) {
        await knex.raw(
          `CREATE TRIGGER IF NOT EXISTS ${table}_integers_${event.toLowerCase()} BEFORE ${event} ON ${table}
           WHEN ${other('NEW.')}
           BEGIN SELECT RAISE(ABORT, 'datatype mismatch: a number of ${table} is no integer of 64 bits'); END`,
        );
      }
    }
  },
};

function isOther(row: string, column: string): string {
  const name = row + column.replace('?', '');
  return column.endsWith('?') ? `typeof(${name}) NOT IN ('integer', 'null')` : `typeof(${name}) <> 'integer'`;
}

function notWhole(table: string, row: Record<string, unknown>): SettleError {
  const values = Object.entries(row).map(([column, value]) => `${column} ${value}`);
  return new SettleError(
    'NOT_WHOLE',
    ExitCode.invariantBroken,
    `${table} keeps a number that is no whole one: ${values.join(', ').slice(0, 200)}`,
    {
      hint: 'set it right, or restore the database from a backup before it was written; then run settle migrate again',
    },
  );
}
