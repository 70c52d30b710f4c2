/**
 * Steps `write-payment-orders` and `write-payment-approvals`: the file's rows into the platform's tables. A row that is
 * there is passed over; its status moves on (CREATED, PAID, CANCELLED; APPROVED, CANCELLED) and never back, so that files
 * may come in any order and twice. A line that is no row, or that says something else of an id than is known, is set
 * aside and can be replayed.
 */
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import { instantText, parseInstant } from '../../../database/instant.ts';
import { type Row, toBigInt, toText } from '../../../database/values.ts';
import type { SkippedRecord } from '../../../engine/skip-policy.ts';
import type { ChunkHandlers, ChunkStep, ItemChunk } from '../../../engine/step.ts';
import { ExitCode, SettleError } from '../../../errors.ts';
import { inGroups } from '../../../ledger/in-groups.ts';
import { requireOneRow } from '../../../repository/row.ts';
import { type FileLine, isProblem, readAgain } from '../../import/file-line.ts';
import { FileRows, rowsExpected } from '../../import/file-rows.ts';
import { readingOf } from '../../import/reading.ts';
import { openPaymentRows, paymentFields } from '../../import/row-source.ts';
import { approvalStatuses, orderStatuses } from '../rules/payment.ts';
import type { PaymentRow } from './payment-rows.ts';

export type PaymentKind = 'payment-orders' | 'payment-approvals';

const CHUNK_ROWS = 5_000;

interface Table {
  readonly name: string;
  readonly owner: string;
  readonly at: string;
  /** In the order in which a row moves on. */
  readonly statuses: readonly string[];
}

const tables: Readonly<Record<PaymentKind, Table>> = {
  'payment-orders': { name: 'payment_order', owner: 'user_id', at: 'created_at', statuses: orderStatuses },
  'payment-approvals': { name: 'payment_approval', owner: 'order_id', at: 'approved_at', statuses: approvalStatuses },
};

type PaymentLine = FileLine<PaymentRow>;

interface Output {
  readonly fresh: readonly PaymentRow[];
  readonly moved: readonly { readonly row: PaymentRow; readonly before: string }[];
}

export function writePaymentsStep(kind: PaymentKind): ChunkStep {
  const table = tables[kind];
  return {
    kind: 'chunk',
    name: `write-${kind}`,
    chunkSize: CHUNK_ROWS,
    async open(context) {
      const { database } = context;
      const rows = await FileRows.open(context, (parameters, checked) => openPaymentRows(kind, parameters, checked));
      const handlers: ChunkHandlers<ItemChunk<PaymentLine>, Output> = {
        faults: {
          skip: { limit: Number.MAX_SAFE_INTEGER, on: ['data'] },
          describe: ({ items: [{ key, payload }] }) => ({ key, payload }),
        },
        read: (limit) => rows.readChunk(limit),
        async process({ items, size }) {
          const { output, skipped, writeCount } = await sortLines(database.knex, table, items);
          const filterCount = size - writeCount - skipped.length;
          return { output, writeCount, filterCount, processSkipCount: skipped.length, skipped };
        },
        write: (output, tx) => writeRows(database, tx, table, output),
        saveState: (state) => rows.saveState(state),
        close: async () => rows.close(),
      };
      return { ...handlers, totalExpected: rowsExpected(context) };
    },
    async replay({ payload }, { database, parameters }, tx) {
      const { columns, parse } = paymentFields(kind, parameters);
      const content = readAgain(payload, columns, readingOf(parameters), parse);
      const line = { line: 0, key: '', payload, content };
      const { output, skipped } = await sortLines(tx, table, [line]);
      if (skipped.length > 0) {
        throw new SettleError('PAYMENT_REFUSED', ExitCode.failed, skipped[0].error.replace(/^line 0: /, ''), {
          hint: 'import a file with the line as it should be',
        });
      }
      await writeRows(database, tx, table, output);
    },
  };
}

interface SortedLines {
  readonly output: Output;
  readonly skipped: readonly SkippedRecord[];
  /** Lines that change something. */
  readonly writeCount: number;
}

async function sortLines(executor: Executor, table: Table, lines: readonly PaymentLine[]): Promise<SortedLines> {
  const ids = new Set(lines.flatMap(({ content }) => (isProblem(content) ? [] : [content.id])));
  const before = await readRows(executor, table, [...ids]);
  const now = new Map(before);
  const skipped: SkippedRecord[] = [];
  let writeCount = 0;
  for (const { line, key, payload, content } of lines) {
    const known = isProblem(content) ? undefined : now.get(content.id);
    const problem = isProblem(content) ? content.problem : known && contradiction(table, known, content);
    if (problem !== undefined) skipped.push({ phase: 'process', key, payload, error: `line ${line}: ${problem}` });
    else if (!isProblem(content) && (known === undefined || rank(table, content) > rank(table, known))) {
      now.set(content.id, content);
      writeCount++;
    }
  }
  const changed = [...now.values()].filter((row) => before.get(row.id) !== row);
  return {
    output: {
      fresh: changed.filter(({ id }) => !before.has(id)),
      moved: changed.flatMap((row) => {
        const old = before.get(row.id);
        return old === undefined ? [] : [{ row, before: old.status }];
      }),
    },
    skipped,
    writeCount,
  };
}

function rank({ statuses }: Table, { status }: PaymentRow): number {
  return statuses.indexOf(status);
}

function contradiction({ name, owner, at }: Table, known: PaymentRow, row: PaymentRow): string | undefined {
  const is = (column: string, value: bigint | string) => `${name} ${row.id} is there with ${column} ${value}`;
  if (known.ownerId !== row.ownerId) return `${is(owner, known.ownerId)}, not ${row.ownerId}`;
  if (known.amount !== row.amount) return `${is('amount', known.amount)}, not ${row.amount}`;
  if (known.atMs !== row.atMs) {
    const shown = Number.isNaN(known.atMs) ? 'no time' : instantText(known.atMs);
    return `${is(at, shown)}, not ${instantText(row.atMs)}`;
  }
  return undefined;
}

async function readRows(executor: Executor, table: Table, ids: readonly bigint[]): Promise<Map<bigint, PaymentRow>> {
  const rows = new Map<bigint, PaymentRow>();
  for (const group of inGroups(ids)) {
    const found: Row[] = await executor(table.name)
      .whereIn('id', group.map(String))
      .select('id', table.owner, 'amount', 'status', table.at);
    for (const row of found) {
      rows.set(toBigInt(row.id), {
        id: toBigInt(row.id),
        ownerId: toBigInt(row[table.owner]),
        amount: toBigInt(row.amount),
        status: toText(row.status),
        atMs: parseInstant(String(row[table.at])),
      });
    }
  }
  return rows;
}

async function writeRows(
  database: Database,
  tx: Transaction,
  { name, owner, at }: Table,
  { fresh, moved }: Output,
): Promise<void> {
  const target = { table: name, columns: ['id', owner, 'amount', 'status', at] };
  const rows = fresh.map(({ id, ownerId, amount, status, atMs }) => [id, ownerId, amount, status, instantText(atMs)]);
  await bulkInsert(tx, database.dialect, target, rows);
  const groups = Map.groupBy(moved, ({ row, before }) => `${before} ${row.status}`);
  for (const group of groups.values()) {
    const [{ row, before }] = group;
    for (const some of inGroups(group.map((one) => one.row.id).sort((a, b) => (a < b ? -1 : 1)))) {
      const changed = await tx(name)
        .whereIn('id', some.map(String))
        .where({ status: before })
        .update({ status: row.status });
      requireOneRow(changed === some.length ? 1 : 0, `the status of a row of ${name}`);
    }
  }
}
