/** Processors in a row: each is given what the one before made. What one filters is filtered. */
import type { ItemCall, ItemProcessor } from '../steps/item-step.ts';

export function pipe<A, B, C, X>(first: ItemProcessor<A, B, X>, second: ItemProcessor<B, C, X>): ItemProcessor<A, C, X>;
export function pipe<A, B, C, D, X>(
  first: ItemProcessor<A, B, X>,
  second: ItemProcessor<B, C, X>,
  third: ItemProcessor<C, D, X>,
): ItemProcessor<A, D, X>;
export function pipe<A, B, C, D, E, X>(
  first: ItemProcessor<A, B, X>,
  second: ItemProcessor<B, C, X>,
  third: ItemProcessor<C, D, X>,
  fourth: ItemProcessor<D, E, X>,
): ItemProcessor<A, E, X>;
export function pipe<X>(
  ...processors: readonly ItemProcessor<unknown, unknown, X>[]
): ItemProcessor<unknown, unknown, X> {
  return {
    async open(executionContext, context) {
      for (const processor of processors) await processor.open?.(executionContext, context);
    },
    process: (item, call) => passThrough(processors, 0, item, call),
    saveState(executionContext) {
      for (const processor of processors) processor.saveState?.(executionContext);
    },
    async close() {
      for (const processor of processors) await processor.close?.();
    },
  };
}

/** From processor `first` on; at once, as long as none of them waits. */
function passThrough<X>(
  processors: readonly ItemProcessor<unknown, unknown, X>[],
  first: number,
  item: unknown,
  call: ItemCall,
): unknown {
  let value = item;
  for (let p = first; p < processors.length; p++) {
    const next = processors[p].process(value, call);
    if (next instanceof Promise)
      return next.then((result) =>
        result === undefined || result === null ? result : passThrough(processors, p + 1, result, call),
      );
    if (next === undefined || next === null) return next;
    value = next;
  }
  return value;
}
