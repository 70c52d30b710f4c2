/**
 * The four moves of a chunk for single items: reads them from an ItemReader, hands each to an ItemProcessor, and the
 * results as one list to an ItemWriter. What a reader or processor gives at once is taken at once: a promise an item
 * would cost more than most items do.
 */
import type { Transaction } from '../database/database.ts';
import type { ExecutionContext } from '../engine/execution-context.ts';
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
import type { ChunkHandlers, ItemChunk, ItemFaults, Processed, RangeSplit } from '../engine/step.ts';
import type { StepContext } from '../engine/step-context.ts';

/** `C` is the context of what the reader belongs to: StepContext of a step, PartitionContext of a partition. */
export interface ItemReader<T, C = StepContext> {
  /** Goes to where `executionContext` says that the last commit was; to the start when it says nothing. */
  open?(executionContext: ExecutionContext, context: C): Promise<void> | void;
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
  /** Of a partition: as `split` of ChunkHandlers. */
  split?(): Promise<RangeSplit | undefined> | RangeSplit | undefined;
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

/** What to do about errors of single items. */
export interface ItemPolicies<I> {
  /** Errors of single records that are passed over. A write that fails so is scanned for the bad item. */
  readonly skip?: SkipPolicy;
  /** Errors of processing and writing that are tried again; the items are read again for it. */
  readonly retry?: ItemRetry;
  /** What tells an item apart, for the list of skipped records. Default: its JSON. */
  readonly keyOf?: (item: I) => string | number | bigint;
}

export class ItemHandlers<I, O, C = StepContext> implements ChunkHandlers<ItemChunk<I>, O[]> {
  readonly faults: ItemFaults<ItemChunk<I>>;
  readonly #policies: ItemPolicies<I>;
  readonly #reader: ItemReader<I, C>;
  readonly #processor: ItemProcessor<I, O>;
  readonly #writer: ItemWriter<O>;
  #last: { readonly item: I } | undefined;

  constructor(
    policies: ItemPolicies<I>,
    reader: ItemReader<I, C>,
    processor: ItemProcessor<I, O>,
    writer: ItemWriter<O>,
  ) {
    this.#policies = policies;
    this.#reader = reader;
    this.#processor = processor;
    this.#writer = writer;
    const { skip, retry } = policies;
    this.faults = { skip, retry, describe: ({ items }) => this.#describe(items[0]) };
  }

  async read(limit: number): Promise<ItemChunk<I> | undefined> {
    const items: I[] = [];
    const skipped: SkippedRecord[] = [];
    while (items.length < limit) {
      try {
        const next = this.#reader.read();
        const item = isPromise(next) ? await next : next;
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
    const { retry } = this.#policies;
    for (const item of items) {
      try {
        const next = retry === undefined ? this.#processor.process(item) : this.#processPatiently(item, retry);
        const result = isPromise(next) ? await next : next;
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

  async split(): Promise<RangeSplit | undefined> {
    return await this.#reader.split?.();
  }

  async close(): Promise<void> {
    await this.#reader.close?.();
  }

  async #processPatiently(item: I, retry: ItemRetry): Promise<O | null | undefined> {
    for (let retries = 0; ; retries++) {
      try {
        return await this.#processor.process(item);
      } catch (error) {
        if (retries >= retry.limit || !isOfKind(error, retry.on)) throw error;
      }
    }
  }

  /** Adds the record to those that the chunk passes over; throws when its error is not to be skipped, or one too many. */
  #skip(skipped: SkippedRecord[], phase: SkipPhase, error: unknown, item: { key: string; payload: string }): void {
    const { skip } = this.#policies;
    if (skip === undefined || !isSkippable(error, skip)) throw error;
    const reason = skipReason(error);
    skipped.push({ phase, ...item, error: reason });
    requireWithinLimit(skip, skipped.length, reason);
  }

  #describe(item: I): { key: string; payload: string } {
    const payload = jsonOf(item);
    return { key: String(this.#policies.keyOf?.(item) ?? payload), payload };
  }
}

/** bigint as text: JSON knows none. */
function jsonOf(item: unknown): string {
  return JSON.stringify(item, (_key, value) => (typeof value === 'bigint' ? String(value) : value)) ?? '';
}

function isPromise<T>(value: Promise<T> | T): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
