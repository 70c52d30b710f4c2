/**
 * The four moves of a chunk for single items: reads them from an ItemReader, hands each to an ItemProcessor, and the
 * results as one list to an ItemWriter. What a reader or processor gives at once is taken at once. With `concurrency`
 * a window of items is in work that reaches over the end of the chunk.
 */
import type { Transaction } from '../database/database.ts';
import { classifyError } from '../database/errors.ts';
import { isAbort } from '../engine/abort.ts';
import type { ExecutionContext } from '../engine/execution-context.ts';
import {
  isOfKind,
  isSkippable,
  requireWithinLimit,
  type SkipPhase,
  type SkippedRecord,
  skipReason,
} from '../engine/skip-policy.ts';
import type { ChunkHandlers, ItemChunk, ItemFaults, PartitionContext, Processed, RangeCut } from '../engine/step.ts';
import type { StepContext } from '../engine/step-context.ts';
import { nameItem, stepError } from '../engine/step-error.ts';
import { quietly } from './item-listeners.ts';
import type { ItemPolicies, ItemProcessor, ItemReader, ItemWriter } from './item-parts.ts';
import { ItemProcessing, type Settled } from './process-item.ts';
import { RepeatedItems } from './repeated-items.ts';

export type { ItemCall, ItemPolicies, ItemProcessor, ItemReader, ItemWriter } from './item-parts.ts';

/** Items of a window behind those of the chunk, for each that is in work. */
const AHEAD_PER_CONCURRENT = 2;

/** What was read ahead, in order. */
type Ahead<I, O> =
  | { readonly kind: 'item'; readonly item: I; readonly settled: Promise<Settled<O>> }
  | { readonly kind: 'skip'; readonly record: SkippedRecord }
  | { readonly kind: 'error'; readonly error: unknown };

export interface ItemParts<I, O, C> {
  readonly reader: ItemReader<I, C>;
  readonly processor: ItemProcessor<I, O, C>;
  readonly writer: ItemWriter<O, C>;
}

export class ItemHandlers<I, O, C extends StepContext | PartitionContext = StepContext>
  implements ChunkHandlers<ItemChunk<I>, O[]>
{
  readonly faults: ItemFaults<ItemChunk<I>>;
  readonly #policies: ItemPolicies<I>;
  readonly #parts: ItemParts<I, O, C>;
  readonly #context: C;
  readonly #processing: ItemProcessing<I, O, C>;
  readonly #closing = new AbortController();
  /** Of a window: what was read and not yet handed out. */
  readonly #ahead: Ahead<I, O>[] = [];
  #isAtEnd = false;
  /** Of a window: the items of the present chunk in work. */
  #inWork: readonly Promise<Settled<O>>[] = [];
  #last: { readonly item: I } | undefined;
  /** Items of all chunks up to the present one. */
  #itemsTaken = 0;
  /** Records behind the last item that are passed over by the commit which ends the step. */
  #late: SkippedRecord[] = [];
  /** The items that the writer's are made of, in the same order. */
  #sources: readonly I[] = [];
  readonly #repeats: RepeatedItems<I> | undefined;

  constructor(policies: ItemPolicies<I>, parts: ItemParts<I, O, C>, context: C) {
    this.#policies = { ...policies, itemListeners: quietly(policies.itemListeners, context.logger) };
    this.#parts = parts;
    this.#context = context;
    const { skip, retry, keyOf, itemListeners } = this.#policies;
    if (keyOf !== undefined && !parts.reader.goesByPlace)
      this.#repeats = new RepeatedItems(context, {
        keyOf: (item) => String(keyOf(item)),
        payloadOf: (item) => this.#describe(item).payload,
      });
    const stop = AbortSignal.any([context.signal, this.#closing.signal]);
    this.#processing = new ItemProcessing(this.#policies, parts.processor, stop, (item) => this.#describe(item).key);
    this.faults = {
      ...{ skip, retry, onRetry: itemListeners?.onRetry, onSkip: itemListeners?.onSkip },
      describe: ({ items }) => this.#describe(items[0]),
    };
  }

  async read(limit: number): Promise<ItemChunk<I> | undefined> {
    const items: I[] = [];
    const skipped = this.#late;
    this.#late = [];
    if ((this.#policies.concurrency ?? 1) > 1) await this.#takeFromWindow(limit, items, skipped);
    else await this.#takeFromReader(limit, items, skipped);
    if (items.length === 0 && skipped.length === 0) return undefined;
    if (items.length > 0) this.#last = { item: items[items.length - 1] };
    this.#itemsTaken += items.length;
    this.#repeats?.requireNew(items);
    return { items, size: items.length, skipped };
  }

  async process({ items, size }: ItemChunk<I>): Promise<Processed<O[]>> {
    const output: O[] = [];
    const skipped: SkippedRecord[] = [];
    const inWork = this.#inWork;
    const isWindow = inWork.length > 0;
    const onProcess = this.#policies.itemListeners?.onProcess;
    // Those of the output, once they are not the chunk's: the usual chunk needs no list of its own.
    let sources: I[] | undefined;
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      try {
        const next = isWindow ? resultOf(await inWork[index]) : this.#processing.now(item);
        const result = isPromise(next) ? await next : next;
        onProcess?.(item, result);
        if (result !== undefined && result !== null) {
          output.push(result);
          sources?.push(item);
          continue;
        }
      } catch (error) {
        this.#skip(skipped, 'process', error, this.#describe(item), this.#nameOf(item));
      }
      sources ??= items.slice(0, index);
    }
    this.#sources = sources ?? items;
    const [writeCount, processSkipCount] = [output.length, skipped.length];
    return { output, writeCount, filterCount: size - writeCount - processSkipCount, processSkipCount, skipped };
  }

  async write(output: O[], tx: Transaction): Promise<void> {
    if (output.length === 0) return;
    const { noRollback = [], itemListeners } = this.#policies;
    try {
      await this.#parts.writer.write(output, tx);
    } catch (error) {
      const name = this.#nameOfWritten(error, output);
      itemListeners?.onError?.({ phase: 'write', error, key: name?.key });
      if (classifyError(error) === 'transient' || !isOfKind(error, noRollback)) throw error;
      this.#context.logger.warn({ err: error }, `what was written stays in spite of: ${skipReason(error)}`);
    }
    itemListeners?.onWrite?.(output);
  }

  async saveState(executionContext: ExecutionContext, tx: Transaction): Promise<void> {
    const { reader, processor, writer } = this.#parts;
    if (this.#last !== undefined) {
      reader.saveState(executionContext, this.#last.item, this.#itemsTaken);
      this.#repeats?.saveState(executionContext, this.#last.item);
    }
    processor.saveState?.(executionContext);
    await writer.saveState?.(executionContext, tx);
  }

  async finish(tx: Transaction): Promise<undefined> {
    await this.#parts.writer.finish?.(this.#context.executionContext, tx);
    return undefined;
  }

  async cut(): Promise<RangeCut | undefined> {
    return await this.#parts.reader.cut?.();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#ahead.map((one) => (one.kind === 'item' ? one.settled : undefined)));
    await closeAll([this.#parts.reader, this.#parts.processor, this.#parts.writer]);
  }

  async #takeFromReader(limit: number, items: I[], skipped: SkippedRecord[]): Promise<void> {
    const onRead = this.#policies.itemListeners?.onRead;
    let skippedBehind = 0;
    while (items.length < limit) {
      try {
        const next = this.#parts.reader.read();
        const item = isPromise(next) ? await next : next;
        if (item === undefined) {
          // The reader cannot note that it was behind them: a restart would pass over them again.
          if (items.length > 0) this.#late = skipped.splice(skippedBehind);
          return;
        }
        items.push(item);
        skippedBehind = skipped.length;
        onRead?.(item);
      } catch (error) {
        this.#skip(skipped, 'read', error, describeUnread(error));
      }
    }
  }

  /** Takes a chunk's items after filling the window, so that what comes behind is in work before the chunk is done. */
  async #takeFromWindow(limit: number, items: I[], skipped: SkippedRecord[]): Promise<void> {
    const ahead = this.#ahead;
    let wanted = limit + AHEAD_PER_CONCURRENT * this.#policies.concurrency!;
    for (const { kind } of ahead) if (kind === 'item') wanted--;
    while (wanted > 0 && !this.#isAtEnd) {
      const one = await this.#readOne();
      if (one?.kind === 'item') wanted--;
      if (one !== undefined) ahead.push(one);
    }
    const inWork: Promise<Settled<O>>[] = [];
    while (ahead.length > 0 && items.length < limit) {
      const next = ahead[0];
      // As in `takeFromReader`: nothing but skipped records is left.
      if (items.length > 0 && next.kind === 'skip' && !ahead.some(({ kind }) => kind === 'item')) break;
      // What was read before the error is committed first.
      if (next.kind === 'error' && items.length > 0) break;
      if (next.kind === 'error') throw next.error;
      ahead.shift();
      if (next.kind === 'skip') {
        skipped.push(next.record);
        requireWithinLimit(this.#policies.skip!, skipped.length, next.record.error);
      } else {
        items.push(next.item);
        inWork.push(next.settled);
      }
    }
    this.#inWork = inWork;
  }

  /** Undefined at the end. */
  async #readOne(): Promise<Ahead<I, O> | undefined> {
    try {
      const item = await this.#parts.reader.read();
      if (item !== undefined) {
        this.#policies.itemListeners?.onRead?.(item);
        return { kind: 'item', item, settled: this.#processing.inTurn(item) };
      }
      this.#isAtEnd = true;
      return undefined;
    } catch (error) {
      const skipped: SkippedRecord[] = [];
      try {
        this.#skip(skipped, 'read', error, describeUnread(error));
        return { kind: 'skip', record: skipped[0] };
      } catch (fatal) {
        this.#isAtEnd = true;
        return { kind: 'error', error: fatal };
      }
    }
  }

  /** Adds the record to those that the chunk passes over; throws when its error is not to be skipped, or one too many. */
  #skip(
    skipped: SkippedRecord[],
    phase: SkipPhase,
    error: unknown,
    item: { readonly key: string; readonly payload: string },
    name?: string,
  ): void {
    const { skip } = this.#policies;
    if (isAbort(error, this.#context.signal)) throw error;
    this.#policies.itemListeners?.onError?.({ phase, error, key: item.key });
    if (skip === undefined || !isSkippable(error, skip)) throw stepError(error, this.#context.stepName, name);
    const reason = skipReason(error);
    skipped.push({ phase, ...item, error: reason });
    requireWithinLimit(skip, skipped.length, reason);
  }

  /** Undefined without `keyOf`: a whole item is nothing for an error message. */
  #nameOf(item: I): string | undefined {
    const { keyOf, itemName = 'item' } = this.#policies;
    return keyOf === undefined ? undefined : `${itemName} ${keyOf(item)}`;
  }

  /** Of the item that the writer blames, by the error's own `item`; undefined when it blames none. */
  #nameOfWritten(error: unknown, output: readonly O[]): { readonly key: string } | undefined {
    const blamed = (error as { item?: unknown } | null)?.item;
    const at = blamed === undefined ? -1 : output.indexOf(blamed as O);
    const index = at < 0 && output.length === 1 ? 0 : at;
    if (index < 0) return undefined;
    const source = this.#sources[index];
    const name = this.#nameOf(source);
    if (name !== undefined) nameItem(error, name);
    return this.#describe(source);
  }

  #describe(item: I): { readonly key: string; readonly payload: string } {
    const payload = this.#policies.payloadOf?.(item) ?? jsonOf(item);
    return { key: String(this.#policies.keyOf?.(item) ?? payload), payload };
  }
}

/** Closes each; the first failure is thrown when all have been closed. */
export async function closeAll(parts: readonly { close?(): Promise<void> | void }[]): Promise<void> {
  const ends = await Promise.allSettled(parts.map(async (part) => await part.close?.()));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function describeUnread(error: unknown): { key: string; payload: string } {
  const { itemKey = '', payload = '' } = (error ?? {}) as { itemKey?: unknown; payload?: unknown };
  return { key: String(itemKey), payload: String(payload) };
}

function resultOf<O>(settled: Settled<O>): O | null | undefined {
  if (!settled.isDone) throw settled.error;
  return settled.result;
}

/** bigint as text: JSON knows none. */
function jsonOf(item: unknown): string {
  return JSON.stringify(item, (_key, value) => (typeof value === 'bigint' ? String(value) : value)) ?? '';
}

function isPromise<T>(value: Promise<T> | T): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
