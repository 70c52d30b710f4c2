/** From records of text fields to rows of deposit_account and deposit_entry. */
import type { ColumnDefinition } from './columns.ts';
import { Fields } from './fields.ts';
import { INT64, ROW_ID, USER_ID } from './integer.ts';
import { LineProblem } from './line-problem.ts';
import type { Reading } from './reading.ts';
import type { InputRecord } from './records.ts';

export interface DepositAccountRow {
  readonly id: bigint;
  readonly product: string;
  readonly openedOn: string;
  readonly closedOn: string | null;
}

export interface DepositEntryRow {
  readonly line: number;
  readonly id: bigint;
  readonly accountId: bigint;
  readonly valueDate: string;
  /** Whole won, signed. */
  readonly amount: bigint;
}

export const depositAccountColumns: readonly ColumnDefinition[] = [
  { name: 'id', required: true },
  { name: 'product', required: true },
  { name: 'opened_on', required: true },
  { name: 'closed_on', required: false, nullable: true },
];

export const depositEntryColumns: readonly ColumnDefinition[] = [
  { name: 'id', required: true },
  { name: 'account_id', required: true },
  { name: 'value_date', required: true },
  { name: 'amount', required: true },
];

const productLengthMax = 100;

/** `places`: as `locateColumns` found `depositAccountColumns`. Throws a LineProblem that names the column. */
export function parseDepositAccountRow(
  record: InputRecord,
  places: readonly number[],
  reading: Reading,
): DepositAccountRow {
  const fields = new Fields(record, places, depositAccountColumns, reading);
  const id = fields.integer(0, USER_ID);
  const product = fields.text(1);
  if (product === '' || product.trim() !== product || product.length > productLengthMax) {
    throw new LineProblem(`product must be a name of 1 to ${productLengthMax} characters, without blanks around it`);
  }
  const openedOn = fields.date(2);
  const closedOn = fields.isEmpty(3) ? null : fields.date(3);
  if (closedOn !== null && closedOn < openedOn) {
    throw new LineProblem(`closed_on ${closedOn} is before opened_on ${openedOn}`);
  }
  return { id, product, openedOn, closedOn };
}

/** `places`: as `locateColumns` found `depositEntryColumns`. Throws a LineProblem that names the column. */
export function parseDepositEntryRow(
  record: InputRecord,
  places: readonly number[],
  reading: Reading,
): DepositEntryRow {
  const fields = new Fields(record, places, depositEntryColumns, reading);
  return {
    line: record.line,
    id: fields.integer(0, ROW_ID),
    accountId: fields.integer(1, USER_ID),
    valueDate: fields.date(2),
    amount: fields.integer(3, INT64),
  };
}
