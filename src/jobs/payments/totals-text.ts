/** The counts and sums of the classes of a run as JSON, the way they are kept: integers as texts. */
import type { ClassTotals } from './read-classes.ts';

export function totalsText(totals: ClassTotals): string {
  const entries = [...totals].map(([name, { orders, approvals, orderedAmount, approvedAmount }]) => [
    name,
    [orders, approvals, orderedAmount, approvedAmount].map(String),
  ]);
  return JSON.stringify(Object.fromEntries(entries));
}
