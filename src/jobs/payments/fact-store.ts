/**
 * Reads what is known of a run of order ids: orders, approvals, and what was decided about them, merged by order id.
 * Both sides come in the order of their keys, a page at a time, so memory does not grow with the tables.
 */
import type { Executor } from '../../database/database.ts';
import { parseInstant } from '../../database/instant.ts';
import { type Row, toBigInt, toNumber, toText, toTextOrNull } from '../../database/values.ts';
import { inSmallGroups } from '../../ledger/in-groups.ts';
import type { KeptClass, KeptPosting, KeptRefund, PaymentFacts } from './rules/decide.ts';
import type { Approval, Order } from './rules/payment.ts';

/** Facts of one order id, and where the numbers of its next rows begin. */
export interface StoredFacts extends PaymentFacts {
  /** The highest `seq` of settle_payment_class by approval, of any date. */
  readonly classSeqs: ReadonlyMap<bigint, number>;
}

export interface FactsPage {
  /** In ascending order of their order ids. */
  readonly facts: readonly StoredFacts[];
  /** Every order id up to here is in `facts`, or has nothing. */
  readonly throughId: bigint;
}

/** Both inside. */
interface IdRange {
  readonly fromId: bigint;
  readonly toId: bigint;
}

type Scope = IdRange | { readonly ids: readonly bigint[] };

/**
 * The facts of the next order ids of a range.
 * @param date classes are those as of this date
 * @param limit rows of a page of each side; the approvals of one order are read together, however many they are
 */
export async function readFacts(executor: Executor, range: IdRange, date: string, limit: number): Promise<FactsPage> {
  const orders = await readOrders(executor, range, limit);
  let throughId = orders.length < limit ? range.toId : orders[orders.length - 1].id;
  let approvals = await readApprovals(executor, { ...range, toId: throughId }, limit);
  if (approvals.length === limit) {
    // The page may end within the approvals of an order.
    const lastId = approvals[limit - 1].orderId;
    const isWhole = approvals[0].orderId !== lastId;
    throughId = isWhole ? lastId - 1n : lastId;
    if (!isWhole) approvals = await readApprovals(executor, { fromId: lastId, toId: lastId }, undefined);
  }
  const within = { fromId: range.fromId, toId: throughId };
  return { facts: await mergeFacts(executor, within, date, orders, approvals), throughId };
}

/** The facts of these order ids, as they are now. */
export async function readFactsOf(executor: Executor, ids: readonly bigint[], date: string): Promise<StoredFacts[]> {
  const facts: StoredFacts[] = [];
  for (const group of inSmallGroups(ids)) {
    const scope = { ids: group };
    const orders = await readOrders(executor, scope, undefined);
    facts.push(...(await mergeFacts(executor, scope, date, orders, await readApprovals(executor, scope, undefined))));
  }
  return facts;
}

/** A merge-join: each list ascends by order id, and is taken from its front. */
async function mergeFacts(
  executor: Executor,
  scope: Scope,
  date: string,
  orders: readonly Order[],
  approvals: readonly Approval[],
): Promise<StoredFacts[]> {
  const sides = {
    orders: new Side(orders, ({ id }) => id),
    approvals: new Side(approvals, ({ orderId }) => orderId),
    classes: new Side(await readKept(executor, 'settle_payment_class', scope, ['approval_id', 'seq']), orderIdOf),
    postings: new Side(await readKept(executor, 'settle_payment_posting', scope, ['approval_id', 'seq']), orderIdOf),
    refunds: new Side(await readKept(executor, 'settle_payment_refund', scope, ['approval_id']), orderIdOf),
  };
  const facts: StoredFacts[] = [];
  for (;;) {
    const heads = Object.values(sides).flatMap((side) => (side.headId === undefined ? [] : [side.headId]));
    if (heads.length === 0) break;
    const orderId = heads.reduce((least, id) => (id < least ? id : least));
    if (!('ids' in scope) && orderId > scope.toId) break;
    facts.push({
      orderId,
      order: sides.orders.take(orderId)[0],
      approvals: sides.approvals.take(orderId),
      ...toClasses(sides.classes.take(orderId), date),
      postings: sides.postings.take(orderId).map(toPosting),
      refunds: sides.refunds.take(orderId).map(toRefund),
    });
  }
  return facts;
}

class Side<T> {
  readonly #rows: readonly T[];
  readonly #idOf: (row: T) => bigint;
  #at = 0;

  constructor(rows: readonly T[], idOf: (row: T) => bigint) {
    this.#rows = rows;
    this.#idOf = idOf;
  }

  get headId(): bigint | undefined {
    return this.#at < this.#rows.length ? this.#idOf(this.#rows[this.#at]) : undefined;
  }

  /** The rows of an order id that is the head's, or is before it. */
  take(orderId: bigint): T[] {
    const taken: T[] = [];
    while (this.headId === orderId) taken.push(this.#rows[this.#at++]);
    return taken;
  }
}

async function readOrders(executor: Executor, scope: Scope, limit: number | undefined): Promise<Order[]> {
  const columns = ['id', 'user_id', 'amount', 'status', 'created_at'];
  const rows = await select(executor, { table: 'payment_order', key: 'id', columns, order: ['id'] }, scope, limit);
  return rows.map((row) => ({
    id: toBigInt(row.id),
    userId: toBigInt(row.user_id),
    amount: toBigInt(row.amount),
    status: String(row.status),
    createdMs: parseInstant(String(row.created_at)),
  }));
}

async function readApprovals(executor: Executor, scope: Scope, limit: number | undefined): Promise<Approval[]> {
  const columns = ['id', 'order_id', 'amount', 'status', 'approved_at'];
  const order = ['order_id', 'id'];
  const rows = await select(executor, { table: 'payment_approval', key: 'order_id', columns, order }, scope, limit);
  return rows.map((row) => ({
    id: toBigInt(row.id),
    orderId: toBigInt(row.order_id),
    amount: toBigInt(row.amount),
    status: String(row.status),
    approvedMs: parseInstant(String(row.approved_at)),
  }));
}

async function readKept(executor: Executor, table: string, scope: Scope, order: readonly string[]): Promise<Row[]> {
  return await select(executor, { table, key: 'order_id', columns: ['*'], order: ['order_id', ...order] }, scope);
}

interface Selection {
  readonly table: string;
  /** Column by which the scope is applied. */
  readonly key: string;
  readonly columns: readonly string[];
  readonly order: readonly string[];
}

async function select(
  executor: Executor,
  { table, key, columns, order }: Selection,
  scope: Scope,
  limit?: number,
): Promise<Row[]> {
  const query = executor(table)
    .select(...columns)
    .orderBy([...order]);
  if ('ids' in scope) query.whereIn(key, scope.ids.map(String));
  else query.where(key, '>=', String(scope.fromId)).where(key, '<=', String(scope.toId));
  if (limit !== undefined) query.limit(limit);
  return await query;
}

function orderIdOf(row: Row): bigint {
  return toBigInt(row.order_id);
}

/** @param rows of one order, by approval and number; of each the last one by the date that found it counts */
function toClasses(rows: readonly Row[], date: string): Pick<StoredFacts, 'classes' | 'classSeqs'> {
  const classes = new Map<bigint, KeptClass>();
  const classDates = new Map<bigint, string>();
  const classSeqs = new Map<bigint, number>();
  for (const row of rows) {
    const approvalId = toBigInt(row.approval_id);
    classSeqs.set(approvalId, toNumber(row.seq));
    const asOf = toText(row.as_of_date);
    if (asOf > date || asOf < (classDates.get(approvalId) ?? '')) continue;
    classDates.set(approvalId, asOf);
    classes.set(approvalId, {
      approvalId,
      businessDate: toText(row.business_date),
      paymentClass: toText(row.class) as KeptClass['paymentClass'],
      orders: toBigInt(row.orders),
      approvals: toBigInt(row.approvals),
      orderedAmount: toBigInt(row.ordered_amount),
      approvedAmount: toBigInt(row.approved_amount),
      countedApprovalId: row.counted_approval_id === null ? null : toBigInt(row.counted_approval_id),
    });
  }
  return { classes: [...classes.values()], classSeqs };
}

function toPosting(row: Row): KeptPosting {
  return {
    approvalId: toBigInt(row.approval_id),
    seq: toNumber(row.seq),
    userId: toBigInt(row.user_id),
    amount: toBigInt(row.amount),
    grantedAt: toText(row.granted_at),
    expiresAt: toText(row.expires_at),
    state: toText(row.state) as KeptPosting['state'],
    businessDate: toText(row.business_date),
    journalKey: toText(row.journal_key),
    problem: toTextOrNull(row.problem),
  };
}

function toRefund(row: Row): KeptRefund {
  return {
    approvalId: toBigInt(row.approval_id),
    amount: toBigInt(row.amount),
    state: toText(row.state) as KeptRefund['state'],
    times: toNumber(row.times),
  };
}
