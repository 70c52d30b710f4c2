/** What the counter of a product in Redis says beside what is available. Pure. */

/** `missing`: there is no counter; `unreadable`: it holds no whole number; `moving`: it changed while it was looked at. */
export type CounterKind = 'differs' | 'missing' | 'unreadable' | 'moving';

const WHOLE = /^-?(0|[1-9]\d{0,18})$/;

/** @param counter its text; null: there is none. @returns undefined when both say the same */
export function compareCounter(counter: string | null, available: bigint): CounterKind | undefined {
  if (counter === null) return 'missing';
  if (!WHOLE.test(counter)) return 'unreadable';
  return BigInt(counter) === available ? undefined : 'differs';
}
