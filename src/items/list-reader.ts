/** An ItemReader for a list in memory: the same list must be there after a restart. */
import type { ItemReader } from '../steps/item-step.ts';
import { changedBelow } from './item-error.ts';

const POSITION = 'listPosition';
const LENGTH = 'listLength';

/**
 * Items in their order; no two are the same. A restart goes on behind the last committed one; a list of another length is
 * refused.
 */
export function listReader<T>(list: readonly T[]): ItemReader<T, unknown> {
  const positions = new Map(list.map((item, index) => [item, index]));
  if (positions.size < list.length)
    throw new TypeError('a list whose items are to be told apart holds one of them twice');
  let next = 0;
  return {
    open(executionContext) {
      next = Number(executionContext.getLong(POSITION) ?? 0n);
      const length = executionContext.getLong(LENGTH);
      if (length !== undefined && length !== BigInt(list.length))
        throw changedBelow('the list', `it had ${length} items, and has ${list.length}`);
    },
    read: () => (next < list.length ? list[next++] : undefined),
    saveState(executionContext, last) {
      executionContext.put(POSITION, BigInt(positions.get(last)! + 1));
      executionContext.put(LENGTH, BigInt(list.length));
    },
  };
}
