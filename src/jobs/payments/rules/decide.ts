/**
 * What is to be done about one order id: its order, its approvals and what was decided before, in; the rows that change,
 * out. Nothing is to be done where everything is as it was. Pure.
 */
import { type Classified, type ClassifyTerms, classifyOrder, classifyStray } from './classify.ts';
import type { Approval, Order, PaymentClass } from './payment.ts';
import { addSides, noSides, type Sides } from './sides.ts';

/** The last class of an order (`approvalId` 0n), or of an approval without order. */
export interface KeptClass extends Sides {
  readonly approvalId: bigint;
  readonly businessDate: string;
  /** `order-came`: an approval that is counted with its order since; `gone`: the row is there no more. */
  readonly paymentClass: PaymentClass | 'order-came' | 'gone';
  readonly countedApprovalId: bigint | null;
}

/** Points of an order, by the approval that is counted. */
export interface KeptPosting {
  readonly approvalId: bigint;
  readonly seq: number;
  readonly userId: bigint;
  readonly amount: bigint;
  readonly grantedAt: string;
  readonly expiresAt: string;
  readonly state: 'due' | 'posted' | 'reversed';
  /** Of the journal. */
  readonly businessDate: string;
  readonly journalKey: string;
  readonly problem: string | null;
}

export interface KeptRefund {
  readonly approvalId: bigint;
  readonly amount: bigint;
  readonly state: 'asked' | 'withdrawn';
  readonly times: number;
}

/** All that is known of one order id. */
export interface PaymentFacts {
  readonly orderId: bigint;
  readonly order: Order | undefined;
  readonly approvals: readonly Approval[];
  /** As of the date that is reconciled. */
  readonly classes: readonly KeptClass[];
  readonly postings: readonly KeptPosting[];
  readonly refunds: readonly KeptRefund[];
}

export interface DecideTerms extends ClassifyTerms {
  readonly date: string;
  /** Start of the first date that is reconciled: what is older belongs to nobody, unless it has a class already. */
  readonly sinceMs: number;
  readonly dateOf: (instantMs: number) => string;
}

export interface WantedRefund {
  readonly approval: Approval;
  readonly reason: 'approved-twice' | 'order-cancelled';
}

export interface Decision {
  readonly orderId: bigint;
  readonly classes: readonly KeptClass[];
  /** What the date has on each side, whether it changes or not. */
  readonly ofDate: Sides;
  /** Why rows were set aside, by what is set aside now and was not before. */
  readonly problems: readonly { readonly key: string; readonly problem: string }[];
  /** Journals whose points are to be taken back. */
  readonly reverse: readonly KeptPosting[];
  /** Points to be posted; not while `reverse` has not been done. */
  readonly post: { readonly order: Order; readonly approval: Approval } | undefined;
  /** One that was refused before, which is tried again, or is wanted no more. */
  readonly due: KeptPosting | undefined;
  readonly askRefunds: readonly WantedRefund[];
  readonly withdrawRefunds: readonly KeptRefund[];
}

export function isIdle(decision: Decision): boolean {
  const { classes, reverse, post, due, askRefunds, withdrawRefunds } = decision;
  return (
    classes.length + reverse.length + askRefunds.length + withdrawRefunds.length === 0 &&
    post === undefined &&
    due === undefined
  );
}

/** Undefined: nothing of the order id belongs to the date or one before it. */
export function decidePayment(facts: PaymentFacts, terms: DecideTerms): Decision | undefined {
  const { order, approvals, classes: kept } = facts;
  const isKept = (id: bigint) => kept.some(({ approvalId }) => approvalId === id);
  if (order !== undefined && order.createdMs < terms.sinceMs && kept.length === 0) return undefined;
  // What comes later is the affair of a later date; a time that is none belongs to the date that meets it.
  const isLater = order !== undefined && order.createdMs >= terms.endMs;
  if (isLater && kept.length === 0) return undefined;
  const strays =
    order === undefined
      ? approvals.filter(
          ({ id, approvedMs }) => !(approvedMs >= terms.endMs) && (!(approvedMs < terms.sinceMs) || isKept(id)),
        )
      : [];
  const classified = order === undefined || isLater ? undefined : classifyOrder(order, approvals, terms);
  const now = [...itemsOf(facts, classified, strays, terms)];
  const classes = changedClasses(facts, now);
  const isUnsound = classified?.paymentClass === 'set-aside';
  return {
    orderId: facts.orderId,
    classes,
    ofDate: now.filter(({ businessDate }) => businessDate === terms.date).reduce<Sides>(addSides, noSides),
    problems: problemsOf(facts, classified, strays, classes),
    // Money of rows that contradict themselves stays where it is until somebody has corrected them; that of an order which
    // was moved to a later date is the affair of that one.
    ...(isUnsound || isLater ? noPoints : pointsOf(facts, classified)),
    ...(isUnsound || isLater ? noRefunds : refundsOf(facts, classified)),
  };
}

const noPoints = { reverse: [], post: undefined, due: undefined };
const noRefunds = { askRefunds: [], withdrawRefunds: [] };

function* itemsOf(
  { order, approvals, classes }: PaymentFacts,
  classified: Classified | undefined,
  strays: readonly Approval[],
  { date, dateOf }: DecideTerms,
): Generator<KeptClass> {
  const keptDate = (approvalId: bigint) => classes.find((kept) => kept.approvalId === approvalId)?.businessDate ?? date;
  if (order !== undefined && classified !== undefined) {
    yield {
      approvalId: 0n,
      businessDate: Number.isNaN(order.createdMs) ? keptDate(0n) : dateOf(order.createdMs),
      paymentClass: classified.paymentClass,
      orders: 1n,
      approvals: BigInt(approvals.length),
      orderedAmount: order.amount,
      approvedAmount: approvals.reduce((sum, { amount }) => sum + amount, 0n),
      countedApprovalId: classified.counted?.id ?? null,
    };
  }
  for (const approval of strays) {
    yield {
      approvalId: approval.id,
      businessDate: Number.isNaN(approval.approvedMs) ? keptDate(approval.id) : dateOf(approval.approvedMs),
      paymentClass: classifyStray(approval).paymentClass,
      orders: 0n,
      approvals: 1n,
      orderedAmount: 0n,
      approvedAmount: approval.amount,
      countedApprovalId: null,
    };
  }
}

/** The items that are new or other than they were, and those that are items no more. */
function changedClasses({ order, approvals, classes }: PaymentFacts, now: readonly KeptClass[]): KeptClass[] {
  const changed = now.filter((item) => {
    const kept = classes.find(({ approvalId }) => approvalId === item.approvalId);
    return kept === undefined || !isSame(kept, item);
  });
  for (const kept of classes) {
    if (now.some(({ approvalId }) => approvalId === kept.approvalId)) continue;
    const isThere = order !== undefined && approvals.some(({ id }) => id === kept.approvalId);
    const paymentClass = isThere ? 'order-came' : 'gone';
    if (kept.paymentClass !== paymentClass)
      changed.push({ ...kept, ...noSides, paymentClass, countedApprovalId: null });
  }
  return changed;
}

function isSame(a: KeptClass, b: KeptClass): boolean {
  return (
    a.paymentClass === b.paymentClass &&
    a.businessDate === b.businessDate &&
    a.orders === b.orders &&
    a.approvals === b.approvals &&
    a.orderedAmount === b.orderedAmount &&
    a.approvedAmount === b.approvedAmount &&
    a.countedApprovalId === b.countedApprovalId
  );
}

function problemsOf(
  { orderId }: PaymentFacts,
  classified: Classified | undefined,
  strays: readonly Approval[],
  changed: readonly KeptClass[],
): Decision['problems'] {
  const isNew = (id: bigint) => changed.some(({ approvalId }) => approvalId === id);
  const problems = strays.flatMap((approval) => {
    const { problem } = classifyStray(approval);
    return problem === undefined || !isNew(approval.id) ? [] : [{ key: `approval ${approval.id}`, problem }];
  });
  const { problem } = classified ?? {};
  return problem === undefined || !isNew(0n) ? problems : [{ key: `order ${orderId}`, problem }, ...problems];
}

function pointsOf(
  { order, postings }: PaymentFacts,
  classified: Classified | undefined,
): Pick<Decision, 'reverse' | 'post' | 'due'> {
  const counted = classified?.counted;
  const isWanted = ({ approvalId, userId, amount }: KeptPosting) =>
    counted !== undefined && approvalId === counted.id && userId === order?.userId && amount === order.amount;
  const posted = postings.filter(({ state }) => state === 'posted');
  const reverse = posted.filter((posting) => !isWanted(posting));
  const due = postings.find(({ state }) => state === 'due');
  const isDone = counted === undefined || order === undefined || order.amount === 0n || posted.some(isWanted);
  return { reverse, post: isDone ? undefined : { order, approval: counted }, due };
}

function refundsOf(
  { order, approvals, refunds }: PaymentFacts,
  classified: Classified | undefined,
): Pick<Decision, 'askRefunds' | 'withdrawRefunds'> {
  const wanted = classified?.refunds ?? [];
  const reason = order?.status === 'CANCELLED' ? 'order-cancelled' : 'approved-twice';
  const isAsked = (id: bigint) => refunds.some(({ approvalId, state }) => approvalId === id && state === 'asked');
  return {
    askRefunds: wanted.filter(({ id }) => !isAsked(id)).map((approval) => ({ approval, reason })),
    // An approval that the provider has cancelled by now has been refunded.
    withdrawRefunds: refunds.filter(
      ({ approvalId, state }) =>
        state === 'asked' &&
        !wanted.some(({ id }) => id === approvalId) &&
        approvals.some(({ id, status }) => id === approvalId && status === 'APPROVED'),
    ),
  };
}
