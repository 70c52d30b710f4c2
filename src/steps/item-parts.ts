/**
 * The parts of a step over single items: who reads, processes and writes them. Each may have a state that is saved with
 * the chunk (`open`, `saveState`) and things to free (`close`): Spring Batch calls that an ItemStream.
 */
import type { Transaction } from '../database/database.ts';
import type { ExecutionContext } from '../engine/execution-context.ts';
import type { ErrorKind, ItemRetry, RetryEvent, SkipPhase, SkipPolicy, SkippedRecord } from '../engine/skip-policy.ts';
import type { RangeCut } from '../engine/step.ts';
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
   * @param itemsDone items that `read` has given since it was opened, up to `last`
   */
  saveState(executionContext: ExecutionContext, last: T, itemsDone: number): void;
  /** It counts items, and may give equal ones: that one comes again after a restart is no sign of a mistake. */
  readonly goesByPlace?: boolean;
  /** Of a partition: as `cut` of ChunkHandlers. */
  cut?(): Promise<RangeCut | undefined> | RangeCut | undefined;
  close?(): Promise<void> | void;
}

/** What a processor is told besides the item. */
export interface ItemCall {
  /** Aborted when the item's time is over, when a stop was asked for, and when the step has failed meanwhile. */
  readonly signal: AbortSignal;
  /** 1, 2, 3 ... for this item. */
  readonly attempt: number;
  /** What tells the item apart (`keyOf`); the same in every attempt and after every restart. */
  readonly key: string;
}

export interface ItemProcessor<I, O, C = StepContext> {
  open?(executionContext: ExecutionContext, context: C): Promise<void> | void;
  /** Undefined or null filters the item: it is counted, and not written. */
  process(item: I, call: ItemCall): Promise<O | null | undefined> | O | null | undefined;
  /** Notes in `executionContext` what a restart must know. Without `concurrency` only: items behind may be processed. */
  saveState?(executionContext: ExecutionContext): void;
  close?(): Promise<void> | void;
}

export interface ItemWriter<O, C = StepContext> {
  /** Takes back what was written and not committed: a file is cut to the length that `executionContext` knows. */
  open?(executionContext: ExecutionContext, context: C): Promise<void> | void;
  /** Called with the items of a chunk that were not filtered, if any, in the order in which they were read. */
  write(items: readonly O[], tx: Transaction): Promise<void>;
  /** In the transaction of each chunk, after `write`: notes what a restart must know. */
  saveState?(executionContext: ExecutionContext, tx: Transaction): Promise<void> | void;
  /** After the last item, in the transaction that completes the step; may be called again after a crash. */
  finish?(executionContext: ExecutionContext, tx: Transaction): Promise<void> | void;
  close?(): Promise<void> | void;
}

/**
 * Code that is told of single items. It changes nothing: what it throws is logged. A chunk that is rolled back is read,
 * processed and written again, and told of again.
 */
export interface ItemListeners<I> {
  onRead?(item: I): void;
  /** `result` undefined or null: filtered. */
  onProcess?(item: I, result: unknown): void;
  /** Written in the transaction of the chunk, which is not committed yet. */
  onWrite?(items: readonly unknown[]): void;
  /** Whatever becomes of it: a skip, another attempt, a failure. */
  onError?(failure: ItemFailure): void;
  /** Before the wait for another attempt. */
  onRetry?(event: RetryEvent): void;
  /** After the commit that passes over the record: never twice, and not at all when the process dies right then. */
  onSkip?(record: SkippedRecord): void;
}

export interface ItemFailure {
  readonly phase: SkipPhase;
  readonly error: unknown;
  /** What tells the item apart; undefined where no single item is known, as when a chunk is written. */
  readonly key: string | undefined;
}

/** What to do about errors of single items, and how many are in work at a time. */
export interface ItemPolicies<I> {
  /** Errors of single records that are passed over. A write that fails so is scanned for the bad item. */
  readonly skip?: SkipPolicy;
  /** Errors of processing and writing that are tried again, after a wait; for a write the items are read again. */
  readonly retry?: ItemRetry;
  /**
   * Errors of the writer that do not roll the chunk back: what it has written stays, the items count as written, and the
   * error is logged as a warning.
   */
  readonly noRollback?: readonly ErrorKind[];
  readonly itemListeners?: ItemListeners<I>;
  /**
   * What tells an item apart, in errors and in the list of skipped records. With it, a reader that gives an item again
   * after a restart is found out. Default: its JSON.
   */
  readonly keyOf?: (item: I) => string | number | bigint;
  /** What is kept of a skipped item; the reverse of `fromPayload`. Default: its JSON, with bigints as texts. */
  readonly payloadOf?: (item: I) => string;
  /** What an item is called in errors: `order` makes `step send, order 17: ...`. Default `item`. */
  readonly itemName?: string;
  /**
   * Items that are processed at a time; for processors that wait. Results are committed in the order of reading, and
   * items of the next chunk are in work while this one is written. Default 1.
   */
  readonly concurrency?: number;
  /** Of one attempt at one item: then it fails with a TimeoutError, whether it looks at the signal or not. */
  readonly timeoutMs?: number;
  /** Attempts that begin within a second, at most; in each partition that is at work. */
  readonly ratePerSecond?: number;
}
