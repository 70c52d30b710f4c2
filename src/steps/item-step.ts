/**
 * Chunk steps over single items: adapts a reader, a processor and a writer of rows to the four moves of a chunk. For
 * jobs whose items are objects; a hot path reads columns and implements ChunkHandlers itself.
 */
import type { Transaction } from '../database/database.ts';
import type { ExecutionContext } from '../engine/execution-context.ts';
import type { ChunkHandlers, ChunkStep, ItemChunk, StepContext } from '../engine/step.ts';

export interface ItemReader<T> {
  /** Goes to where `executionContext` says that the last commit was; to the start when it says nothing. */
  open?(executionContext: ExecutionContext, context: StepContext): Promise<void> | void;
  /** The next item, or undefined at the end. */
  read(): Promise<T | undefined> | T | undefined;
  /**
   * Notes in `executionContext` where to go on after `last`, the last item of the chunk that is being committed; the
   * reader may have read further.
   */
  saveState(executionContext: ExecutionContext, last: T): void;
  close?(): Promise<void> | void;
}

export interface ItemProcessor<I, O> {
  /** Undefined or null filters the item: it is counted, and not written. */
  process(item: I): Promise<O | null | undefined> | O | null | undefined;
}

export interface ItemWriter<O> {
  /** Called with the items of a chunk that were not filtered, if any, in the order in which they were read. */
  write(items: readonly O[], tx: Transaction): Promise<void>;
}

export interface ItemStepOptions<I, O> {
  readonly name: string;
  readonly chunkSize: number;
  readonly allowStartIfComplete?: boolean;
  readonly startLimit?: number;
  /** Called at each start of the step, also on restart. */
  reader(context: StepContext): ItemReader<I> | Promise<ItemReader<I>>;
  /** Default: items are written as they were read. */
  processor?(context: StepContext): ItemProcessor<I, O>;
  writer(context: StepContext): ItemWriter<O>;
  /** For the progress display. */
  totalExpected?(context: StepContext): Promise<number | undefined>;
}

/** A chunk step that reads, processes and writes items one by one; counts are those of Spring Batch's chunk step. */
export function itemStep<I, O = I>(options: ItemStepOptions<I, O>): ChunkStep {
  const { name, chunkSize, allowStartIfComplete, startLimit } = options;
  return {
    kind: 'chunk',
    name,
    chunkSize,
    allowStartIfComplete,
    startLimit,
    open: async (context) => {
      const reader = await options.reader(context);
      const processor = options.processor?.(context) ?? passOn<I, O>();
      const handlers = itemHandlers(reader, processor, options.writer(context));
      try {
        await reader.open?.(context.executionContext, context);
        const totalExpected = await options.totalExpected?.(context);
        return Object.assign(handlers as ChunkHandlers, { totalExpected });
      } catch (error) {
        await reader.close?.();
        throw error;
      }
    },
  };
}

function itemHandlers<I, O>(
  reader: ItemReader<I>,
  processor: ItemProcessor<I, O>,
  writer: ItemWriter<O>,
): ChunkHandlers<ItemChunk<I>, O[]> {
  let last: { readonly item: I } | undefined;
  return {
    async read(limit) {
      const items: I[] = [];
      while (items.length < limit) {
        const item = await reader.read();
        if (item === undefined) break;
        items.push(item);
      }
      if (items.length === 0) return undefined;
      last = { item: items[items.length - 1] };
      return { items, size: items.length };
    },
    async process({ items, size }) {
      const output: O[] = [];
      for (const item of items) {
        const result = await processor.process(item);
        if (result !== undefined && result !== null) output.push(result);
      }
      return { output, writeCount: output.length, filterCount: size - output.length, processSkipCount: 0 };
    },
    async write(output, tx) {
      if (output.length > 0) await writer.write(output, tx);
    },
    saveState(executionContext) {
      if (last !== undefined) reader.saveState(executionContext, last.item);
    },
    async close() {
      await reader.close?.();
    },
  };
}

function passOn<I, O>(): ItemProcessor<I, O> {
  return { process: (item) => item as unknown as O };
}
