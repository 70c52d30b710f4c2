/**
 * What to do when a chunk has failed: try it again, scan it (its items one at a time, to find the bad one), pass over
 * the one item that it is, or give up. Remembers what it must from one opening of the handlers to the next, and
 * forgets it as soon as something was committed: docs/decisions/0006-retry-and-scan.md.
 */
import { itemRetryPolicy, retryDelayMs } from '../engine/retry-policy.ts';
import { isTransient, type Retrying, RetryState, wait } from '../engine/retrying.ts';
import { isOfKind, isSkippable, type SkippedRecord, skipReason } from '../engine/skip-policy.ts';
import type { Chunk, ItemFaults, StepHandlers } from '../engine/step.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { isOptimisticLock } from '../repository/row.ts';

interface FailedWrite {
  readonly error: unknown;
  readonly faults: ItemFaults;
  readonly size: number;
  /** Of a chunk of one. */
  readonly item: { readonly key: string; readonly payload: string } | undefined;
}

export class ChunkFaults {
  readonly #retrying: Retrying;
  readonly #retryState: RetryState;
  #failedWrite: FailedWrite | undefined;
  /** Attempts at the present chunk that the step's own retry policy has been used for. */
  #retries = 0;
  #firstFailureMs = 0;
  /** Items still to be committed one at a time. */
  #scanLeft = 0;
  /** The item that the next chunk consists of, and that is not to be written. */
  #passOver: SkippedRecord | undefined;

  constructor(retrying: Retrying) {
    this.#retrying = retrying;
    this.#retryState = new RetryState(retrying);
  }

  /** Items to read for the next chunk. */
  limit(chunkSize: number): number {
    return this.#scanLeft > 0 || this.#passOver !== undefined ? 1 : chunkSize;
  }

  /** The record to keep instead of writing this chunk; undefined: it is to be written. */
  passOver(chunk: Chunk, faults: ItemFaults | undefined): SkippedRecord | undefined {
    const record = this.#passOver;
    if (record !== undefined && faults?.describe?.(chunk).key !== record.key) throw unstableReader(record);
    return record;
  }

  /** Runs the write of a chunk, and remembers that it was the write that failed. */
  async write(handlers: StepHandlers, chunk: Chunk, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      const { faults } = handlers;
      if (faults !== undefined) {
        const item = chunk.size === 1 ? faults.describe?.(chunk) : undefined;
        this.#failedWrite = { error, faults, size: chunk.size, item };
      }
      throw error;
    }
  }

  committed(chunk: Chunk): void {
    this.#retryState.reset();
    this.#retries = 0;
    this.#passOver = undefined;
    this.#scanLeft = Math.max(0, this.#scanLeft - chunk.size);
  }

  /** Returns, perhaps after a while, when the handlers are to be opened again; throws when the step has failed. */
  async afterFailure(error: unknown): Promise<void> {
    const failed = this.#failedWrite;
    this.#failedWrite = undefined;
    // A commit whose answer was lost, and which went through while its fate was looked up, shows as a conflict.
    if (isTransient(error) || isOptimisticLock(error)) return await this.#retryState.afterFailure(error);
    if (failed === undefined || failed.error !== error) throw error;
    const { skip, retry } = failed.faults;
    if (retry !== undefined && this.#retries < retry.limit && isOfKind(error, retry.on)) {
      this.#retries++;
      const policy = itemRetryPolicy(retry.limit, retry.backOff);
      if (this.#retries === 1) this.#firstFailureMs = performance.now();
      const delayMs = retryDelayMs(policy, this.#retries, performance.now() - this.#firstFailureMs);
      if (delayMs !== undefined) {
        failed.faults.onRetry?.({ phase: 'write', error, failures: this.#retries, key: failed.item?.key });
        this.#retrying.onRetry?.();
        return await wait(delayMs, this.#retrying.isStopRequested);
      }
    }
    if (!isSkippable(error, skip)) throw error;
    this.#retries = 0;
    if (failed.item !== undefined) this.#passOver = { phase: 'write', ...failed.item, error: skipReason(error) };
    else if (this.#scanLeft === 0) this.#scanLeft = failed.size;
    // A reader that gives more than it is asked for cannot be scanned.
    else throw error;
  }
}

function unstableReader({ key }: SkippedRecord): SettleError {
  return new SettleError('READER_UNSTABLE', ExitCode.failed, `item ${key} is not there any more when read again`, {
    hint: 'a reader must give the same items after the same checkpoint',
  });
}
