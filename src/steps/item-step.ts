/**
 * Chunk steps over single items: adapts a reader, a processor and a writer of rows to the four moves of a chunk. For
 * jobs whose items are objects; a hot path reads columns and implements ChunkHandlers itself.
 */
import type { Transaction } from '../database/database.ts';
import type { ExecutionContext } from '../engine/execution-context.ts';
import type { RetryPolicy } from '../engine/retry-policy.ts';
import {
  type ItemRetry,
  isOfKind,
  isSkippable,
  requireWithinLimit,
  type SkipPhase,
  type SkipPolicy,
  type SkippedRecord,
  skipReason,
} from '../engine/skip-policy.ts';
import type { ChunkHandlers, ChunkStep, ItemChunk, ItemFaults, Processed, StepContext } from '../engine/step.ts';

export interface ItemReader<T> {
  /** Goes to where `executionContext` says that the last commit was; to the start when it says nothing. */
  open?(executionContext: ExecutionContext, context: StepContext): Promise<void> | void;
  /**
   * The next item, or undefined at the end. After an error that the step skips it is called again and goes on behind
   * the record it could not read. The error's own `itemKey` and `payload`, texts, are kept with the skipped record.
   */
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
  /** Errors of single records that are passed over. A write that fails so is scanned for the bad item. */
  readonly skip?: SkipPolicy;
  /** Errors of processing and writing that are tried again; the items are read again for it. */
  readonly retry?: ItemRetry;
  /** How long transient errors of the database are put up with. */
  readonly transientRetry?: Partial<RetryPolicy>;
  /** What tells an item apart, for the list of skipped records. Default: its JSON. */
  readonly keyOf?: (item: I) => string | number | bigint;
  /** The item again, from the payload of a skipped record; throws what is wrong with it. Makes `replay` possible. */
  readonly fromPayload?: (payload: string) => I;
  /** Called at each start of the step, also on restart and when a chunk is tried again. */
  reader(context: StepContext): ItemReader<I> | Promise<ItemReader<I>>;
  /** Default: items are written as they were read. */
  processor?(context: StepContext): ItemProcessor<I, O>;
  writer(context: StepContext): ItemWriter<O>;
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
      const reader = await options.reader(context);
      const processor = options.processor?.(context) ?? passOn<I, O>();
      const handlers = new ItemHandlers(options, reader, processor, options.writer(context));
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

class ItemHandlers<I, O> implements ChunkHandlers<ItemChunk<I>, O[]> {
  readonly faults: ItemFaults<ItemChunk<I>>;
  readonly #options: ItemStepOptions<I, O>;
  readonly #reader: ItemReader<I>;
  readonly #processor: ItemProcessor<I, O>;
  readonly #writer: ItemWriter<O>;
  #last: { readonly item: I } | undefined;

  constructor(
    options: ItemStepOptions<I, O>,
    reader: ItemReader<I>,
    processor: ItemProcessor<I, O>,
    writer: ItemWriter<O>,
  ) {
    this.#options = options;
    this.#reader = reader;
    this.#processor = processor;
    this.#writer = writer;
    const { skip, retry } = options;
    this.faults = { skip, retry, describe: ({ items }) => this.#describe(items[0]) };
  }

  async read(limit: number): Promise<ItemChunk<I> | undefined> {
    const items: I[] = [];
    const skipped: SkippedRecord[] = [];
    while (items.length < limit) {
      try {
        const item = await this.#reader.read();
        if (item === undefined) break;
        items.push(item);
      } catch (error) {
        const { itemKey = '', payload = '' } = error as { itemKey?: unknown; payload?: unknown };
        this.#skip(skipped, 'read', error, { key: String(itemKey), payload: String(payload) });
      }
    }
    if (items.length === 0 && skipped.length === 0) return undefined;
    if (items.length > 0) this.#last = { item: items[items.length - 1] };
    return { items, size: items.length, skipped };
  }

  async process({ items, size }: ItemChunk<I>): Promise<Processed<O[]>> {
    const output: O[] = [];
    const skipped: SkippedRecord[] = [];
    for (const item of items) {
      try {
        const result = await this.#processItem(item);
        if (result !== undefined && result !== null) output.push(result);
      } catch (error) {
        this.#skip(skipped, 'process', error, this.#describe(item));
      }
    }
    const [writeCount, processSkipCount] = [output.length, skipped.length];
    return { output, writeCount, filterCount: size - writeCount - processSkipCount, processSkipCount, skipped };
  }

  async write(output: O[], tx: Transaction): Promise<void> {
    if (output.length > 0) await this.#writer.write(output, tx);
  }

  saveState(executionContext: ExecutionContext): void {
    if (this.#last !== undefined) this.#reader.saveState(executionContext, this.#last.item);
  }

  async close(): Promise<void> {
    await this.#reader.close?.();
  }

  async #processItem(item: I): Promise<O | null | undefined> {
    const { retry } = this.#options;
    for (let retries = 0; ; retries++) {
      try {
        return await this.#processor.process(item);
      } catch (error) {
        if (retry === undefined || retries >= retry.limit || !isOfKind(error, retry.on)) throw error;
      }
    }
  }

  /** Adds the record to those that the chunk passes over; throws when its error is not to be skipped, or one too many. */
  #skip(skipped: SkippedRecord[], phase: SkipPhase, error: unknown, item: { key: string; payload: string }): void {
    const { skip } = this.#options;
    if (skip === undefined || !isSkippable(error, skip)) throw error;
    const reason = skipReason(error);
    skipped.push({ phase, ...item, error: reason });
    requireWithinLimit(skip, skipped.length, reason);
  }

  #describe(item: I): { key: string; payload: string } {
    const payload = jsonOf(item);
    return { key: String(this.#options.keyOf?.(item) ?? payload), payload };
  }
}

/** bigint as text: JSON knows none. */
function jsonOf(item: unknown): string {
  return JSON.stringify(item, (_key, value) => (typeof value === 'bigint' ? String(value) : value)) ?? '';
}

function passOn<I, O>(): ItemProcessor<I, O> {
  return { process: (item) => item as unknown as O };
}
