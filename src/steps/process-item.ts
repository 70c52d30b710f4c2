/** Processes single items: at most so many at a time, so many a second, each for so long and so often. */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import { isAbort } from '../engine/abort.ts';
import { itemRetryPolicy, retryDelayMs } from '../engine/retry-policy.ts';
import { isOfKind } from '../engine/skip-policy.ts';
import type { ItemCall, ItemPolicies, ItemProcessor } from './item-parts.ts';

/** What became of an item; a promise of it never rejects, so that it can be awaited late. */
export type Settled<O> =
  | { readonly isDone: true; readonly result: O | null | undefined }
  | { readonly isDone: false; readonly error: unknown };

export class ItemProcessing<I, O, C> {
  readonly #policies: ItemPolicies<I>;
  readonly #processor: ItemProcessor<I, O, C>;
  readonly #stop: AbortSignal;
  readonly #keyOf: (item: I) => string;
  readonly #limit: LimitFunction;
  /** Of the last attempt that was let through, on the clock of `performance.now`. */
  #lastStartMs = Number.NEGATIVE_INFINITY;

  /** @param stop aborted when nothing more is to be waited for */
  constructor(
    policies: ItemPolicies<I>,
    processor: ItemProcessor<I, O, C>,
    stop: AbortSignal,
    keyOf: (item: I) => string,
  ) {
    this.#policies = policies;
    this.#processor = processor;
    this.#stop = stop;
    this.#keyOf = keyOf;
    this.#limit = pLimit(policies.concurrency ?? 1);
  }

  /** In this turn where nothing is to be waited for: a promise an item would cost more than most items do. */
  now(item: I): Promise<O | null | undefined> | O | null | undefined {
    const { retry, timeoutMs, ratePerSecond } = this.#policies;
    const isPlain = retry === undefined && timeoutMs === undefined && ratePerSecond === undefined;
    return isPlain ? this.#call(item, 1, this.#stop) : this.#patiently(item);
  }

  /** As soon as fewer than `concurrency` items are in work. */
  inTurn(item: I): Promise<Settled<O>> {
    return this.#limit(async () => {
      try {
        this.#stop.throwIfAborted();
        return { isDone: true, result: await unlessAborted(this.#stop, async () => await this.now(item)) };
      } catch (error) {
        return { isDone: false, error };
      }
    });
  }

  async #patiently(item: I): Promise<O | null | undefined> {
    const { retry } = this.#policies;
    let firstFailureMs = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(item, attempt);
      } catch (error) {
        if (retry === undefined || isAbort(error, this.#stop) || !isOfKind(error, retry.on)) throw error;
        const nowMs = performance.now();
        if (attempt === 1) firstFailureMs = nowMs;
        const policy = itemRetryPolicy(retry.limit, retry.backOff);
        const delayMs = retryDelayMs(policy, attempt, nowMs - firstFailureMs);
        if (delayMs === undefined) throw error;
        this.#policies.itemListeners?.onRetry?.({
          phase: 'process',
          error,
          failures: attempt,
          key: this.#keyOf(item),
        });
        await sleep(delayMs, undefined, { signal: this.#stop });
      }
    }
  }

  async #attempt(item: I, attempt: number): Promise<O | null | undefined> {
    const { timeoutMs, ratePerSecond } = this.#policies;
    if (ratePerSecond !== undefined) await this.#pace(ratePerSecond);
    if (timeoutMs === undefined) return await this.#call(item, attempt, this.#stop);
    const overTime = new AbortController();
    const timer = setTimeout(() => overTime.abort(timeoutError(timeoutMs)), timeoutMs);
    const signal = AbortSignal.any([this.#stop, overTime.signal]);
    try {
      return await unlessAborted(signal, async () => await this.#call(item, attempt, signal));
    } finally {
      clearTimeout(timer);
    }
  }

  async #pace(ratePerSecond: number): Promise<void> {
    const startMs = Math.max(performance.now(), this.#lastStartMs + 1000 / ratePerSecond);
    this.#lastStartMs = startMs;
    const delayMs = startMs - performance.now();
    if (delayMs > 0) await sleep(delayMs, undefined, { signal: this.#stop });
  }

  #call(item: I, attempt: number, signal: AbortSignal): Promise<O | null | undefined> | O | null | undefined {
    return this.#processor.process(item, new OneCall(signal, attempt, item, this.#keyOf));
  }
}

/** A key is made when it is asked for; a getter in each object would cost more than most items do. */
class OneCall<I> implements ItemCall {
  readonly signal: AbortSignal;
  readonly attempt: number;
  readonly #item: I;
  readonly #keyOf: (item: I) => string;

  constructor(signal: AbortSignal, attempt: number, item: I, keyOf: (item: I) => string) {
    this.signal = signal;
    this.attempt = attempt;
    this.#item = item;
    this.#keyOf = keyOf;
  }

  get key(): string {
    return this.#keyOf(this.#item);
  }
}

/** Rejects with the signal's reason as soon as it is aborted, whatever the work makes of it. */
async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([work(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    aborted.promise.catch(() => {});
  }
}

function timeoutError(timeoutMs: number): Error {
  return Object.assign(new Error(`no answer within ${timeoutMs} ms`), { name: 'TimeoutError' });
}
