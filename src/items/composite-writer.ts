/** Several writers as one: all of them are given every item, or one that is chosen by the item. */
import type { ItemWriter } from '../steps/item-step.ts';

/** Hands the items of each chunk to all writers, in this order, in the one transaction. */
export function compositeWriter<O, C>(...writers: readonly ItemWriter<O, C>[]): ItemWriter<O, C> {
  return together(writers, async (items, tx) => {
    for (const writer of writers) await writer.write(items, tx);
  });
}

/**
 * Hands each item to the writer of its class; the items of a class keep their order. A class without a writer is an error
 * of the item.
 */
export function classify<O, C>(
  classOf: (item: O) => string,
  writers: Readonly<Record<string, ItemWriter<O, C>>>,
): ItemWriter<O, C> {
  const known = new Map(Object.entries(writers));
  return together([...new Set(known.values())], async (items, tx) => {
    const byWriter = new Map<ItemWriter<O, C>, O[]>();
    for (const item of items) {
      const name = classOf(item);
      const writer = known.get(name);
      if (writer === undefined)
        throw new TypeError(
          `an item is of class ${name}, which has no writer: there are ${[...known.keys()].join(', ')}`,
        );
      const own = byWriter.get(writer);
      if (own === undefined) byWriter.set(writer, [item]);
      else own.push(item);
    }
    for (const [writer, own] of byWriter) await writer.write(own, tx);
  });
}

/** Opens, saves, finishes and closes all of them. */
function together<O, C>(writers: readonly ItemWriter<O, C>[], write: ItemWriter<O, C>['write']): ItemWriter<O, C> {
  return {
    async open(executionContext, context) {
      for (const writer of writers) await writer.open?.(executionContext, context);
    },
    write,
    async saveState(executionContext, tx) {
      for (const writer of writers) await writer.saveState?.(executionContext, tx);
    },
    async finish(executionContext, tx) {
      for (const writer of writers) await writer.finish?.(executionContext, tx);
    },
    async close() {
      const results = await Promise.allSettled(writers.map(async (writer) => writer.close?.()));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  };
}
