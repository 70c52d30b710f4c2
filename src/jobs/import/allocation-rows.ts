/** From records of text fields to rows of coupon, coupon_request and stock_movement. */
import { type MovementKind, movementKinds } from '../stock/rules/movement.ts';
import type { ColumnDefinition } from './columns.ts';
import { Fields } from './fields.ts';
import { INT64, type IntegerRange } from './integer.ts';
import { LineProblem } from './line-problem.ts';
import { quote } from './quote.ts';
import type { Reading } from './reading.ts';
import type { InputRecord } from './records.ts';

export interface CouponRow {
  readonly id: bigint;
  readonly quota: bigint;
  /** Milliseconds UTC; the end is outside. */
  readonly opensAtMs: number;
  readonly closesAtMs: number;
}

export interface CouponRequestRow {
  readonly id: bigint;
  readonly couponId: bigint;
  readonly userId: bigint;
  readonly requestedAtMs: number;
}

export interface StockMovementRow {
  readonly id: bigint;
  readonly productId: bigint;
  readonly kind: MovementKind;
  readonly quantity: bigint;
  readonly reservationId: string | null;
  readonly happenedAtMs: number;
}

export const couponColumns: readonly ColumnDefinition[] = [
  { name: 'id', required: true },
  { name: 'quota', required: true },
  { name: 'opens_at', required: true },
  { name: 'closes_at', required: true },
];

export const couponRequestColumns: readonly ColumnDefinition[] = [
  { name: 'id', required: true },
  { name: 'coupon_id', required: true },
  { name: 'user_id', required: true },
  { name: 'requested_at', required: true },
];

export const stockMovementColumns: readonly ColumnDefinition[] = [
  { name: 'id', required: true },
  { name: 'product_id', required: true },
  { name: 'kind', required: true },
  { name: 'quantity', required: true },
  { name: 'reservation_id', required: false, nullable: true },
  { name: 'happened_at', required: true },
];

const QUOTA: IntegerRange = { min: 0n, max: INT64.max, description: '0 to 2^63 - 1' };
const UNITS: IntegerRange = { min: 1n, max: INT64.max, description: '1 to 2^63 - 1' };
/** Characters of stock_movement.reservation_id. */
const RESERVATION_LENGTH_MAX = 64;

/** `places`: as `locateColumns` found `couponColumns`. Throws a LineProblem that names the column. */
export function parseCouponRow(record: InputRecord, places: readonly number[], reading: Reading): CouponRow {
  const fields = new Fields(record, places, couponColumns, reading);
  const opensAtMs = fields.time(2);
  const closesAtMs = fields.time(3);
  if (closesAtMs < opensAtMs) {
    throw new LineProblem(`closes_at ${quote(fields.text(3))} is before opens_at ${quote(fields.text(2))}`);
  }
  return { id: fields.integer(0, INT64), quota: fields.integer(1, QUOTA), opensAtMs, closesAtMs };
}

/** `places`: as `locateColumns` found `couponRequestColumns`. Throws a LineProblem that names the column. */
export function parseCouponRequestRow(
  record: InputRecord,
  places: readonly number[],
  reading: Reading,
): CouponRequestRow {
  const fields = new Fields(record, places, couponRequestColumns, reading);
  return {
    id: fields.integer(0, INT64),
    couponId: fields.integer(1, INT64),
    userId: fields.integer(2, INT64),
    requestedAtMs: fields.time(3),
  };
}

/**
 * `places`: as `locateColumns` found `stockMovementColumns`. `confirm` and `release` take the quantity of their
 * reservation: theirs may be empty. Throws a LineProblem that names the column.
 */
export function parseStockMovementRow(
  record: InputRecord,
  places: readonly number[],
  reading: Reading,
): StockMovementRow {
  const fields = new Fields(record, places, stockMovementColumns, reading);
  const kind = movementKind(fields.text(2));
  const isOfReservation = kind === 'reserve' || kind === 'confirm' || kind === 'release';
  const reservationId = fields.isEmpty(4) ? null : fields.text(4).trim();
  if (isOfReservation && (reservationId === null || reservationId === '')) {
    throw new LineProblem(`reservation_id is empty, and a ${kind} needs one`);
  }
  if (reservationId !== null && reservationId.length > RESERVATION_LENGTH_MAX) {
    throw new LineProblem(`reservation_id has more than ${RESERVATION_LENGTH_MAX} characters`);
  }
  const endsReservation = kind === 'confirm' || kind === 'release';
  const isGiven = kind === 'receive' || kind === 'reserve';
  return {
    id: fields.integer(0, INT64),
    productId: fields.integer(1, INT64),
    kind,
    quantity: fields.integer(3, isGiven ? UNITS : INT64, endsReservation ? 0n : undefined),
    reservationId,
    happenedAtMs: fields.time(5),
  };
}

function movementKind(text: string): MovementKind {
  const kind = movementKinds.find((one) => one === text.trim().toLowerCase());
  if (kind === undefined) throw new LineProblem(`kind ${quote(text)} is none of ${movementKinds.join(', ')}`);
  return kind;
}
