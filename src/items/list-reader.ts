/** An ItemReader for a list in memory: the same list must be there after a restart. */
import type { ItemReader } from '../steps/item-step.ts';
import { changedBelow } from './item-error.ts';

const POSITION = 'listPosition';
const LENGTH = 'listLength';

/** Items in their order. A restart goes on behind the last committed one; a list of another length is refused. */
export function listReader<T>(list: readonly T[]): ItemReader<T, unknown> {
  let first = 0;
  let next = 0;
  return {
    goesByPlace: true,
    open(executionContext) {
      first = Number(executionContext.getLong(POSITION) ?? 0n);
      next = first;
      const length = executionContext.getLong(LENGTH);
      if (length !== undefined && length !== BigInt(list.length))
        throw changedBelow('the list', `it had ${length} items, and has ${list.length}`);
    },
    read() {
      if (next >= list.length) return undefined;
      const item = list[next++];
      if (item === undefined) throw new TypeError(`entry ${next} of the list is undefined, which would end it`);
      return item;
    },
    saveState(executionContext, _last, itemsDone) {
      executionContext.put(POSITION, BigInt(first + itemsDone));
      executionContext.put(LENGTH, BigInt(list.length));
    },
  };
}
