/**
 * Steps over single items, for jobs whose items are objects: a reader, a processor and a writer make a chunk step, or
 * the worker of a partitioned step. A hot path that wants no objects reads columns and implements ChunkHandlers itself.
 */
import type { Transaction } from '../database/database.ts';
import type { ChunkSize } from '../engine/chunk-size.ts';
import type { SkippedRecord } from '../engine/skip-policy.ts';
import type { ChunkHandlers, ChunkStep, PartitionContext, PartitionWorker } from '../engine/step.ts';
import type { StepContext } from '../engine/step-context.ts';
import { closeAll, ItemHandlers } from './item-handlers.ts';
import type { ItemPolicies, ItemProcessor, ItemReader, ItemWriter } from './item-parts.ts';

export type {
  ItemCall,
  ItemFailure,
  ItemListeners,
  ItemProcessor,
  ItemReader,
  ItemWriter,
} from './item-parts.ts';

/** Who reads, processes and writes the items. `C` is StepContext of a step, PartitionContext of a partition. */
export interface ItemStepParts<I, O, C> extends ItemPolicies<I> {
  /** Called at each start, also on restart and when a chunk is tried again. */
  reader(context: C): ItemReader<I, C> | Promise<ItemReader<I, C>>;
  /** Default: items are written as they were read. */
  processor?(context: C): ItemProcessor<I, O, C>;
  writer(context: C): ItemWriter<O, C>;
}

/** With what every step can have: `next`, `bind`, `listeners`, `startLimit` ... */
export interface ItemStepOptions<I, O>
  extends ItemStepParts<I, O, StepContext>,
    Omit<ChunkStep, 'kind' | 'chunkSize' | 'open' | 'replay'> {
  readonly chunkSize: ChunkSize;
  /** The item again, from the payload of a skipped record; throws what is wrong with it. Makes `replay` possible. */
  readonly fromPayload?: (payload: string) => I;
  /** For the progress display. */
  totalExpected?(context: StepContext): Promise<number | undefined>;
}

/** A chunk step that reads, processes and writes items one by one; counts are those of Spring Batch's chunk step. */
export function itemStep<I, O = I>(options: ItemStepOptions<I, O>): ChunkStep {
  const { name, chunkSize, allowStartIfComplete, startLimit, transientRetry, next, listeners } = options;
  const { fromPayload } = options;
  return {
    kind: 'chunk',
    name,
    chunkSize,
    allowStartIfComplete,
    startLimit,
    transientRetry,
    next,
    listeners,
    bind: options.bind === undefined ? undefined : (scope) => options.bind?.(scope) ?? {},
    replay:
      fromPayload === undefined
        ? undefined
        : (record, context, tx) => replayItem(options, fromPayload, record, context, tx),
    open: async (context) => {
      const handlers = await openItems(options, context);
      try {
        return Object.assign(handlers, { totalExpected: await options.totalExpected?.(context) });
      } catch (error) {
        await handlers.close();
        throw error;
      }
    },
  };
}

/**
 * The worker of a partitioned step, one item after another: the default export of its `workerModule`. The skip limit
 * holds for each partition.
 */
export function itemPartition<I, O = I>(parts: ItemStepParts<I, O, PartitionContext>): PartitionWorker {
  return (context) => openItems(parts, context);
}

/** Opens the parts from the state in `context.executionContext`; closes them again when one cannot be opened. */
export async function openItems<I, O, C extends StepContext | PartitionContext>(
  parts: ItemStepParts<I, O, C>,
  context: C,
): Promise<ChunkHandlers> {
  const reader = await parts.reader(context);
  const opened: { close?(): Promise<void> | void }[] = [reader];
  try {
    const processor = parts.processor?.(context) ?? passOn<I, O>();
    opened.push(processor);
    const writer = parts.writer(context);
    opened.push(writer);
    const { executionContext } = context;
    await reader.open?.(executionContext, context);
    await processor.open?.(executionContext, context);
    await writer.open?.(executionContext, context);
    return new ItemHandlers(parts, { reader, processor, writer }, context);
  } catch (error) {
    await closeAll(opened).catch(() => {});
    throw error;
  }
}

/** As the item would have gone had it been good; without a retry of its own. */
export async function replayItem<I, O, C extends StepContext | PartitionContext>(
  parts: Pick<ItemStepParts<I, O, C>, 'processor' | 'writer' | 'keyOf'>,
  fromPayload: (payload: string) => I,
  { payload, key }: SkippedRecord,
  context: C,
  tx: Transaction,
): Promise<void> {
  const item = fromPayload(payload);
  const processor = parts.processor?.(context) ?? passOn<I, O>();
  const result = await processor.process(item, { signal: context.signal, attempt: 1, key });
  if (result !== undefined && result !== null) await parts.writer(context).write([result], tx);
}

/** Without a processor O is I; a member that may be absent has no type that says so. */
function passOn<I, O>(): ItemProcessor<I, O, unknown> {
  return { process: (item) => item as unknown as O };
}
