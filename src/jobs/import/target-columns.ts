/**
 * Whether a table of the platform can take the rows of a file: asked before the first of them is read. These tables are
 * other programs' too, and may have columns and types that settle's migrations do not know.
 */
import type { Database } from '../../database/database.ts';
import type { Dialect } from '../../database/dialect.ts';
import type { ColumnFacts } from '../../database/inspect.ts';
import { usageError } from '../../errors.ts';
import { quoteName } from './quote.ts';

/** What is written to a column. */
type Content = 'integer' | 'time' | 'date' | 'text';

export interface TargetTable {
  readonly table: string;
  /** What each column that a row is written to must hold. */
  readonly columns: Readonly<Record<string, Content>>;
}

const VIEW_LOG: TargetTable = {
  table: 'view_log',
  columns: {
    id: 'integer',
    video_id: 'integer',
    viewer_id: 'integer',
    viewed_at: 'time',
    play_seconds: 'integer',
    ad_views: 'integer',
  },
};
const VIDEO: TargetTable = { table: 'video', columns: { id: 'integer', creator_id: 'integer' } };

/** The tables that a file of each kind is written to. The ledger's are settle's own. */
export const targetsOf = {
  views: [VIEW_LOG],
  viewsAndVideos: [VIEW_LOG, VIDEO],
  videos: [VIDEO],
  challenges: [
    {
      table: 'challenge',
      columns: {
        id: 'integer',
        status: 'text',
        start_date: 'date',
        end_date: 'date',
        min_members: 'integer',
        stake: 'integer',
        threshold_percent: 'integer',
        fee_bp: 'integer',
        no_winner_policy: 'text',
      },
    },
  ],
  members: [
    {
      table: 'challenge_member',
      columns: {
        id: 'integer',
        challenge_id: 'integer',
        user_id: 'integer',
        stake: 'integer',
        joined_at: 'time',
        quit_at: 'time',
      },
    },
  ],
  proofs: [
    {
      table: 'challenge_proof',
      columns: { id: 'integer', challenge_id: 'integer', user_id: 'integer', proof_date: 'date' },
    },
  ],
  coupons: [{ table: 'coupon', columns: { id: 'integer', quota: 'integer', opens_at: 'time', closes_at: 'time' } }],
  couponRequests: [
    {
      table: 'coupon_request',
      columns: { id: 'integer', coupon_id: 'integer', user_id: 'integer', requested_at: 'time' },
    },
  ],
  stockMovements: [
    {
      table: 'stock_movement',
      columns: {
        id: 'integer',
        product_id: 'integer',
        kind: 'text',
        quantity: 'integer',
        reservation_id: 'text',
        happened_at: 'time',
      },
    },
  ],
  'payment-orders': [
    {
      table: 'payment_order',
      columns: { id: 'integer', user_id: 'integer', amount: 'integer', status: 'text', created_at: 'time' },
    },
  ],
  'payment-approvals': [
    {
      table: 'payment_approval',
      columns: { id: 'integer', order_id: 'integer', amount: 'integer', status: 'text', approved_at: 'time' },
    },
  ],
  depositAccounts: [
    {
      table: 'deposit_account',
      columns: { id: 'integer', product: 'text', opened_on: 'date', closed_on: 'date' },
    },
  ],
  depositEntries: [
    {
      table: 'deposit_entry',
      columns: { id: 'integer', account_id: 'integer', value_date: 'date', amount: 'integer' },
    },
  ],
} satisfies Readonly<Record<string, readonly TargetTable[]>>;

/**
 * The table's columns by their name in lower case; none where the user may not see them, or there is no such table: what
 * is written first says so.
 * @throws SettleError (exit 2) that names the column which no row of a file fits
 */
export async function requireFittingTable(
  { knex, dialect }: Database,
  { table, columns }: TargetTable,
): Promise<ReadonlyMap<string, ColumnFacts>> {
  const found = new Map<string, ColumnFacts>();
  for (const column of await dialect.inspect.columns(knex, table)) {
    const name = column.name.toLowerCase();
    found.set(name, column);
    const shown = `${table}.${quoteName(column.name)}`;
    const content = columns[name];
    if (content === undefined) {
      if (column.isNullable || column.hasDefault) continue;
      throw usageError(
        `${shown} is NOT NULL and has no default, and a file has nothing for it`,
        'give the column a default value, or let it be NULL, then run the import again',
      );
    }
    if (canHold(dialect, column.type, content)) continue;
    throw usageError(
      `${shown} is ${column.type}, which settle cannot use as ${expected[content]}`,
      'make it the type that settle migrate gives the column',
    );
  }
  return found;
}

/** Digits of the fraction of a second that a column keeps; undefined when its type does not say. */
export function fractionDigits({ type }: ColumnFacts): number | undefined {
  const match = /^(?:datetime|timestamp)(?:\((\d)\))?/.exec(type);
  return match === null ? undefined : Number(match[1] ?? 0);
}

const expected: Readonly<Record<Content, string>> = {
  integer: 'a whole number',
  time: 'a time',
  date: 'a date',
  text: 'a text',
};

const types: Readonly<Record<Content, RegExp>> = {
  integer: /^(tiny|small|medium|big)?int\b/,
  time: /^(datetime|timestamp)\b/,
  date: /^date\b/,
  text: /^(char|varchar|(tiny|medium|long)?text|enum)\b/,
};

function canHold({ columnTypes }: Dialect, type: string, content: Content): boolean {
  // Where times are texts (SQLite) a column keeps nearly anything as it is; only a declared text or REAL changes numbers
  // (sqlite.org/datatype3.html, affinity).
  if (columnTypes.instantMillis === 'TEXT') {
    return content !== 'integer' || type.includes('int') || !/char|clob|text|real|floa|doub/.test(type);
  }
  return types[content].test(type);
}
