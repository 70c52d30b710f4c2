/** The classes of payments as laws: each row in one class, sums that balance, money only for what is counted. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DecideTerms, decidePayment, type PaymentFacts } from '../../../../src/jobs/payments/rules/decide.ts';
import type { Approval, Order } from '../../../../src/jobs/payments/rules/payment.ts';
import { addSides, noSides } from '../../../../src/jobs/payments/rules/sides.ts';

const DAY_MS = 86_400_000;
const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const terms = (sinceDay: number): DecideTerms => {
  return { date: '1970-01-04', sinceMs: sinceDay * DAY_MS, endMs: 4 * DAY_MS, timeoutMs: DAY_MS, dateOf };
};

const instant = fc.integer({ min: 0, max: 5 * DAY_MS - 1 });
const amount = fc.bigInt(0n, 3n);
const order = (id: bigint): fc.Arbitrary<Order> =>
  fc.record({
    id: fc.constant(id),
    userId: fc.bigInt(1n, 3n),
    amount,
    status: fc.constantFrom('CREATED', 'PAID', 'CANCELLED'),
    createdMs: instant,
  });
const approvals = (orderId: bigint): fc.Arbitrary<Approval[]> =>
  fc
    .array(fc.record({ amount, status: fc.constantFrom('APPROVED', 'CANCELLED'), approvedMs: instant }), {
      maxLength: 4,
    })
    .map((all) => all.map((one, at) => ({ ...one, id: BigInt(at + 1), orderId })));
const facts: fc.Arbitrary<PaymentFacts> = fc
  .tuple(fc.option(order(7n), { nil: undefined }), approvals(7n))
  .map(([one, all]) => ({ orderId: 7n, order: one, approvals: all, classes: [], postings: [], refunds: [] }));

/** In the words of the domain, the first that applies. */
function classOf(one: Order, all: readonly Approval[]): string {
  const approved = all.filter(({ status }) => status === 'APPROVED');
  if (one.status === 'CANCELLED' || (all.length > 0 && approved.length === 0)) return 'cancelled';
  if (approved.length > 1) return 'approved-twice';
  if (approved.length === 1) return approved[0].amount === one.amount ? 'matched' : 'amount-differs';
  return 4 * DAY_MS - one.createdMs < DAY_MS ? 'pending' : 'failed';
}

test('each order and approval that is due is in exactly one class, and counts and sums balance', () => {
  fc.assert(
    fc.property(facts, fc.nat(3), (one, since) => {
      const decision = decidePayment(one, terms(since));
      const isIn = (ms: number) => ms >= since * DAY_MS && ms < 4 * DAY_MS;
      const { order: own } = one;
      const due =
        own === undefined
          ? one.approvals.filter(({ approvedMs }) => isIn(approvedMs))
          : isIn(own.createdMs)
            ? one.approvals
            : [];
      const classes = decision?.classes ?? [];
      const sums = classes.reduce(addSides, noSides);
      expect(sums).toEqual({
        orders: own !== undefined && isIn(own.createdMs) ? 1n : 0n,
        approvals: BigInt(due.length),
        orderedAmount: own !== undefined && isIn(own.createdMs) ? own.amount : 0n,
        approvedAmount: due.reduce((sum, { amount: won }) => sum + won, 0n),
      });
      expect(new Set(classes.map(({ approvalId }) => approvalId)).size).toBe(classes.length);
      if (own !== undefined)
        expect(classes.map(({ paymentClass }) => paymentClass)).toEqual(
          isIn(own.createdMs) ? [classOf(own, one.approvals)] : [],
        );
      else
        for (const { approvalId, paymentClass } of classes) {
          const { status } = one.approvals[Number(approvalId) - 1];
          expect(paymentClass).toBe(status === 'CANCELLED' ? 'cancelled' : 'approved-without-order');
        }
    }),
  );
});

test('points for the counted approval alone; of the approved ones every other, and every one of a cancelled order, is refunded', () => {
  fc.assert(
    fc.property(facts, (one) => {
      const decision = decidePayment(one, terms(0));
      const { order: own } = one;
      if (own === undefined || own.createdMs >= 4 * DAY_MS) {
        expect(decision?.post).toBeUndefined();
        expect(decision?.askRefunds ?? []).toEqual([]);
        return;
      }
      const approved = one.approvals
        .filter(({ status }) => status === 'APPROVED')
        .sort((a, b) => a.approvedMs - b.approvedMs || Number(a.id - b.id));
      const paid = ['matched', 'approved-twice'].includes(classOf(own, one.approvals)) && own.amount > 0n;
      expect(decision?.post?.approval.id).toBe(paid ? approved[0].id : undefined);
      const refunded = own.status === 'CANCELLED' ? approved : approved.slice(1);
      expect(decision?.askRefunds.map(({ approval }) => approval.id)).toEqual(refunded.map(({ id }) => id));
    }),
  );
});

test('what has a class already is looked at again, however old; a second look at the same rows changes nothing', () => {
  fc.assert(
    fc.property(facts, (one) => {
      const first = decidePayment(one, terms(0));
      if (first === undefined) return;
      const again = decidePayment({ ...one, classes: first.classes }, terms(4));
      if (one.order !== undefined) expect(again?.classes).toEqual([]);
      expect(decidePayment({ ...one, classes: first.classes }, terms(0))?.classes).toEqual([]);
    }),
  );
});
