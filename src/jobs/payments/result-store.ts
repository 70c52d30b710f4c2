/** Writes what a reconciliation decides: classes with their history, refunds with their outbox rows, what was read. */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../database/database.ts';
import type { InsertTarget } from '../../database/dialect.ts';
import { type Row, toBigInt } from '../../database/values.ts';
import { addToOutbox, type Notification } from '../../outbox/post-to-outbox.ts';
import type { DecidedFacts, PaymentRun } from './post-points.ts';
import { type Sides, sumSides } from './rules/sides.ts';

export const refundTopic = 'payment-refund';
export const refundWithdrawnTopic = 'payment-refund-withdrawn';

const classTarget: InsertTarget = {
  table: 'settle_payment_class',
  columns: [
    'order_id',
    'approval_id',
    'seq',
    'business_date',
    'as_of_date',
    'class',
    'orders',
    'approvals',
    'ordered_amount',
    'approved_amount',
    'counted_approval_id',
    'job_execution_id',
    'decided_at',
  ],
};

/** A row for each change; what stays as it is has none. Returns how many. */
export async function insertClasses(
  database: Database,
  tx: Transaction,
  run: PaymentRun,
  decided: readonly DecidedFacts[],
): Promise<number> {
  const now = await database.dialect.now(tx);
  const rows = decided.flatMap(({ facts, decision }) =>
    decision.classes.map((one) => [
      facts.orderId,
      one.approvalId,
      (facts.classSeqs.get(one.approvalId) ?? 0) + 1,
      one.businessDate,
      run.date,
      one.paymentClass,
      one.orders,
      one.approvals,
      one.orderedAmount,
      one.approvedAmount,
      one.countedApprovalId,
      run.jobExecutionId,
      now,
    ]),
  );
  await bulkInsert(tx, database.dialect, classTarget, rows);
  return rows.length;
}

const refundTarget: InsertTarget = {
  table: 'settle_payment_refund',
  columns: ['order_id', 'approval_id', 'amount', 'state', 'reason', 'times', 'business_date', 'job_execution_id'],
  mode: 'replace-values',
  keys: ['order_id', 'approval_id'],
};

/** Call it last in the transaction: the outbox holds a lock. */
export async function askForRefunds(
  database: Database,
  tx: Transaction,
  run: PaymentRun,
  decided: readonly DecidedFacts[],
): Promise<void> {
  const asked = decided.flatMap(({ facts, decision }) =>
    decision.askRefunds.map(({ approval, reason }) => {
      const before = facts.refunds.find(({ approvalId }) => approvalId === approval.id)?.times ?? 0;
      return { orderId: facts.orderId, approvalId: approval.id, amount: approval.amount, reason, times: before + 1 };
    }),
  );
  const withdrawn = decided.flatMap(({ facts, decision }) =>
    decision.withdrawRefunds.map((refund) => ({ ...refund, orderId: facts.orderId, reason: 'counted-after-all' })),
  );
  const rows = [
    ...asked.map((one) => ({ ...one, state: 'asked', topic: refundTopic })),
    ...withdrawn.map((one) => ({ ...one, state: 'withdrawn', topic: refundWithdrawnTopic })),
  ];
  await bulkInsert(
    tx,
    database.dialect,
    refundTarget,
    rows.map((one) => [
      one.orderId,
      one.approvalId,
      one.amount,
      one.state,
      one.reason,
      one.times,
      run.date,
      run.jobExecutionId,
    ]),
  );
  const notifications = rows.map(({ topic, orderId, approvalId, amount, reason }): Notification => {
    const content = { approvalId: String(approvalId), orderId: String(orderId), amount: String(amount), reason };
    return {
      topic,
      // What is asked for one approval, and withdrawn, is told in its order.
      key: `${refundTopic}:${approvalId}`,
      payload: JSON.stringify({ ...content, businessDate: run.date }),
    };
  });
  await addToOutbox(database, tx, notifications.length, notifications);
}

const readTarget: InsertTarget = {
  table: 'settle_payment_read',
  columns: ['job_instance_id', 'partition_no', 'orders', 'approvals', 'ordered_amount', 'approved_amount'],
  mode: 'add-values',
  keys: ['job_instance_id', 'partition_no'],
};

/** Adds what a chunk has read of the date. */
export async function addRead(
  database: Database,
  tx: Transaction,
  jobInstanceId: number,
  partition: number,
  read: Sides,
): Promise<void> {
  const row = [jobInstanceId, partition, read.orders, read.approvals, read.orderedAmount, read.approvedAmount];
  await bulkInsert(tx, database.dialect, readTarget, [row]);
}

/** Whether there is anything that the instance has read, and not balanced yet. */
export async function hasRead(executor: Executor, jobInstanceId: number): Promise<boolean> {
  return (
    (await executor('settle_payment_read').where({ job_instance_id: jobInstanceId }).first('partition_no')) != null
  );
}

/** What the instance has read is balanced, or is read again. */
export async function deleteRead(tx: Transaction, jobInstanceId: number): Promise<void> {
  await tx('settle_payment_read').where({ job_instance_id: jobInstanceId }).delete();
}

export async function sumRead(executor: Executor, jobInstanceId: number): Promise<Sides> {
  const rows: Row[] = await executor('settle_payment_read').where({ job_instance_id: jobInstanceId }).select('*');
  return sumSides(rows.map(toSides));
}

/** Of a row with the columns of the two sides. */
export function toSides(row: Row): Sides {
  return {
    orders: toBigInt(row.orders),
    approvals: toBigInt(row.approvals),
    orderedAmount: toBigInt(row.ordered_amount),
    approvedAmount: toBigInt(row.approved_amount),
  };
}
