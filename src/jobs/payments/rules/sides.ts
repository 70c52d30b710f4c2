/** Counts and sums of orders and of approvals: the two sides that a reconciliation balances. Pure. */

export interface Sides {
  readonly orders: bigint;
  readonly approvals: bigint;
  /** Whole won of the orders, and of the approvals whatever their status. */
  readonly orderedAmount: bigint;
  readonly approvedAmount: bigint;
}

export const noSides: Sides = { orders: 0n, approvals: 0n, orderedAmount: 0n, approvedAmount: 0n };

export function addSides(a: Sides, b: Sides): Sides {
  return {
    orders: a.orders + b.orders,
    approvals: a.approvals + b.approvals,
    orderedAmount: a.orderedAmount + b.orderedAmount,
    approvedAmount: a.approvedAmount + b.approvedAmount,
  };
}

export function sumSides(all: Iterable<Sides>): Sides {
  let sum = noSides;
  for (const one of all) sum = addSides(sum, one);
  return sum;
}

/** What is on one side and not on the other, in words; undefined when they are equal. */
export function imbalance(read: Sides, classified: Sides): string | undefined {
  const names: Readonly<Record<keyof Sides, string>> = {
    orders: 'orders',
    approvals: 'approvals',
    orderedAmount: 'won ordered',
    approvedAmount: 'won approved',
  };
  const wrong = (Object.keys(names) as (keyof Sides)[]).filter((name) => read[name] !== classified[name]);
  if (wrong.length === 0) return undefined;
  return wrong.map((name) => `${read[name]} ${names[name]} read and ${classified[name]} in classes`).join(', ');
}
