/**
 * Steps over single items, for jobs whose items are objects: a reader, a processor and a writer make a chunk step, or
 * the worker of a partitioned step. A hot path that wants no objects reads columns and implements ChunkHandlers itself.
 */
import type { Transaction } from '../database/database.ts';
import type { RetryPolicy } from '../engine/retry-policy.ts';
import type { SkippedRecord } from '../engine/skip-policy.ts';
import type { ChunkHandlers, ChunkStep, PartitionContext, PartitionWorker } from '../engine/step.ts';
import type { StepContext } from '../engine/step-context.ts';
import {
  ItemHandlers,
  type ItemPolicies,
  type ItemProcessor,
  type ItemReader,
  type ItemWriter,
} from './item-handlers.ts';

export type { ItemProcessor, ItemReader, ItemWriter } from './item-handlers.ts';

/** Who reads, processes and writes the items. `C` is StepContext of a step, PartitionContext of a partition. */
export interface ItemMoves<I, O, C> extends ItemPolicies<I> {
  /** Called at each start, also on restart and when a chunk is tried again. */
  reader(context: C): ItemReader<I, C> | Promise<ItemReader<I, C>>;
  /** Default: items are written as they were read. */
  processor?(context: C): ItemProcessor<I, O>;
  writer(context: C): ItemWriter<O>;
}

export interface ItemStepOptions<I, O> extends ItemMoves<I, O, StepContext> {
  readonly name: string;
  readonly chunkSize: number;
  readonly allowStartIfComplete?: boolean;
  readonly startLimit?: number;
  /** How long transient errors of the database are put up with. */
  readonly transientRetry?: Partial<RetryPolicy>;
  /** The item again, from the payload of a skipped record; throws what is wrong with it. Makes `replay` possible. */
  readonly fromPayload?: (payload: string) => I;
  /** For the progress display. */
  totalExpected?(context: StepContext): Promise<number | undefined>;
}

/** A chunk step that reads, processes and writes items one by one; counts are those of Spring Batch's chunk step. */
export function itemStep<I, O = I>(options: ItemStepOptions<I, O>): ChunkStep {
  const { name, chunkSize, allowStartIfComplete, startLimit, transientRetry } = options;
  return {
    kind: 'chunk',
    name,
    chunkSize,
    allowStartIfComplete,
    startLimit,
    transientRetry,
    replay: options.fromPayload === undefined ? undefined : (...replay) => replayItem(options, ...replay),
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
export function itemPartition<I, O = I>(moves: ItemMoves<I, O, PartitionContext>): PartitionWorker {
  return (context) => openItems(moves, context);
}

async function openItems<I, O, C extends StepContext | PartitionContext>(
  moves: ItemMoves<I, O, C>,
  context: C,
): Promise<ChunkHandlers> {
  const reader = await moves.reader(context);
  try {
    const processor = moves.processor?.(context) ?? passOn<I, O>();
    const handlers = new ItemHandlers(moves, reader, processor, moves.writer(context));
    await reader.open?.(context.executionContext, context);
    return handlers;
  } catch (error) {
    await reader.close?.();
    throw error;
  }
}

/** As the item would have gone had it been good; without a retry of its own. */
async function replayItem<I, O>(
  options: ItemStepOptions<I, O>,
  { payload }: SkippedRecord,
  context: StepContext,
  tx: Transaction,
): Promise<void> {
  const item = options.fromPayload!(payload);
  const processor = options.processor?.(context) ?? passOn<I, O>();
  const result = await processor.process(item);
  if (result !== undefined && result !== null) await options.writer(context).write([result], tx);
}

/** Without a processor O is I; a member that may be absent has no type that says so. */
function passOn<I, O>(): ItemProcessor<I, O> {
  return { process: (item) => item as unknown as O };
}
