/**
 * The kinds of step, as data and functions. The code that runs them is in src/steps; nothing here runs anything.
 */
import type { Logger } from 'pino';
import type { Database, Transaction } from '../database/database.ts';
import type { ChunkSize } from './chunk-size.ts';
import type { ExecutionContext } from './execution-context.ts';
import type { StepListeners } from './listeners.ts';
import type { JobParameters } from './parameters.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { ItemRetry, RetryEvent, SkipPolicy, SkippedRecord } from './skip-policy.ts';
import type { StepContext } from './step-context.ts';
import type { Transition } from './transition.ts';

export type Step = TaskletStep | ChunkStep | PartitionedStep;

interface StepBase {
  /** Unique in its job; lower-case words joined by `-`. */
  readonly name: string;
  /** Run again on restart even though it completed. Default false. */
  readonly allowStartIfComplete?: boolean;
  /** How many times the step may be started for one job instance. Default unlimited. */
  readonly startLimit?: number;
  /** How long transient errors of the database are put up with; what is not given is as in `defaultRetryPolicy`. */
  readonly transientRetry?: Partial<RetryPolicy>;
  /** Where the job goes on, by the step's exit status. Not within a split. Default: the next step. */
  readonly next?: readonly Transition[];
  readonly listeners?: StepListeners;
  /** Late binding: values that are known only when the step starts; they come before those of the definition. */
  bind?(scope: BindScope): BoundValues | Promise<BoundValues>;
}

/** What late binding can go by: the parameters, what earlier steps have put into the job's context, and the database. */
export interface BindScope {
  readonly parameters: JobParameters;
  readonly jobContext: ExecutionContext;
  readonly database: Database;
  readonly jobInstanceId: number;
}

export interface BoundValues {
  /** Of steps that have chunks. */
  readonly chunkSize?: ChunkSize;
  readonly allowStartIfComplete?: boolean;
  readonly startLimit?: number;
  readonly transientRetry?: Partial<RetryPolicy>;
}

/** Counts in the words of BATCH_STEP_EXECUTION; every field is a number of rows or items. */
export interface StepCounts {
  readCount: number;
  writeCount: number;
  filterCount: number;
  readSkipCount: number;
  processSkipCount: number;
  writeSkipCount: number;
}

/** What a step says of itself at its end. */
export interface StepReport extends Partial<StepCounts> {
  /** For `next`: upper-case words joined by `_`. Default COMPLETED. */
  readonly exitStatus?: string;
}

/** One piece of work that is not cut into chunks. Runs again from the start after a failure: it must be idempotent. */
export interface TaskletStep extends StepBase {
  readonly kind: 'tasklet';
  run(context: StepContext): Promise<StepReport | undefined>;
}

/** A unit of reading: rows (`ItemChunk`) or columns (`ColumnChunk` in the jobs). The engine needs only its size. */
export interface Chunk {
  readonly size: number;
  /** What it takes in memory, about: bounds the next chunk of a step that goes by time. */
  readonly bytes?: number;
  /** Records that were passed over while this chunk was read. With `size` 0: after the last item, at the end. */
  readonly skipped?: readonly SkippedRecord[];
}
export interface ItemChunk<T> extends Chunk {
  readonly items: readonly T[];
}

/** What processing a chunk gave. `writeCount + filterCount + processSkipCount` is at most the chunk's size. */
export interface Processed<O> {
  readonly output: O;
  /** What the output takes in memory, about, besides the chunk itself. */
  readonly bytes?: number;
  readonly writeCount: number;
  readonly filterCount: number;
  readonly processSkipCount: number;
  /** Of the records in `processSkipCount`, those that are to be kept in settle_skipped. */
  readonly skipped?: readonly SkippedRecord[];
}

/** What the engine does about errors of single items. */
export interface ItemFaults<C extends Chunk = Chunk> {
  /**
   * Writes that fail with such an error are scanned for the bad items, which are passed over. Reading and processing
   * are the handlers' own affair; here their skips count against the limit.
   */
  readonly skip?: SkipPolicy;
  /** Writes that fail with such an error are tried again, before anything is skipped. */
  readonly retry?: ItemRetry;
  /** Told before the wait for another attempt at a write; throws nothing. */
  onRetry?(event: RetryEvent): void;
  /** Told of each record, reading, processing and writing, after the commit that passes over it; throws nothing. */
  onSkip?(record: SkippedRecord): void;
  /** The item of a chunk of one, which is needed to skip it: what tells it apart, and the item as JSON. */
  describe?(chunk: C): { readonly key: string; readonly payload: string };
}

/** What both kinds of handlers do with a chunk's output, in the chunk's transaction. */
interface CommitHandlers<C extends Chunk, O> {
  write(output: O, tx: Transaction): Promise<void>;
  /** Puts the checkpoint (last key, and what else a restart needs) into `executionContext`, and bulky state into tables by `tx`. */
  saveState(executionContext: ExecutionContext, tx: Transaction): Promise<void> | void;
  /** Called once after the last chunk, in a transaction of its own that also marks the (partition) step COMPLETED. */
  finish?(tx: Transaction): Promise<StepReport | undefined>;
  /**
   * Where the rest of a partition can be cut, so that another worker takes the far part (`PartitionedStep.stealing`);
   * undefined: nowhere at present. Asked between two chunks. After a cut the handlers are closed, and opened anew from
   * the last commit with a smaller `maxId`.
   */
  cut?(): Promise<RangeCut | undefined> | RangeCut | undefined;
  /** Frees what `open` took. Called exactly once, also after an error. */
  close(): Promise<void>;
  /** Absent: an error of an item is an error of the step. */
  readonly faults?: ItemFaults<C>;
}

/**
 * The four moves of a chunk. For each chunk the runner calls read, process, then in one transaction write, saveState
 * and its own update of counts and execution context. Nothing that `process` keeps in memory may become visible before
 * that transaction commits; after a failed transaction the runner closes the handlers and opens them anew from the
 * last committed state.
 */
export interface ChunkHandlers<C extends Chunk = Chunk, O = unknown> extends CommitHandlers<C, O> {
  /** At most `limit` items, from where the last chunk ended; undefined at the end. The same ones when opened again. */
  read(limit: number): Promise<C | undefined>;
  process(chunk: C): Promise<Processed<O>> | Processed<O>;
}

/**
 * Handlers that hold no chunk of rows: each row is judged and added to a result as it is read. For each chunk the runner
 * calls accumulate, drain, and then as for `ChunkHandlers`, under the same rules.
 */
export interface AccumulatingHandlers<O = unknown> extends CommitHandlers<Chunk, O> {
  /**
   * Reads at most `limit` rows from where the last chunk ended, and adds them to the result. Says how many there were;
   * undefined at the end. The same ones when opened again.
   */
  accumulate(limit: number): Promise<Chunk | undefined>;
  /** Takes the result of the rows since the last call. */
  drain(): Processed<O>;
}

export type StepHandlers = ChunkHandlers | AccumulatingHandlers;

/** The far part of what a partition has not read yet. */
export interface RangeCut {
  /** Its first key, above every key that was read; it ends where the partition ended. */
  readonly minId: bigint;
  /** About which share of the rows not yet read it holds, above 0 and below 1. */
  readonly share: number;
}

/** Whether partitions of a step may be cut while they run: for steps whose handlers have `cut`. */
export interface Stealing {
  /** A part with fewer rows is not worth another worker's while: half of a rest of twice as many is. */
  readonly rowsMin: number;
}

export interface ChunkStep extends StepBase {
  readonly kind: 'chunk';
  /** Items a chunk unless `--chunk` says otherwise. */
  readonly chunkSize: ChunkSize;
  /** Items expected in all, for the progress display; undefined when unknown. */
  open(context: StepContext): Promise<StepHandlers & { readonly totalExpected?: number }>;
  /**
   * Gives a record that was skipped another try, in a transaction that also marks it as replayed; what it throws leaves
   * it waiting. Absent: single records cannot be replayed.
   */
  replay?(record: SkippedRecord, context: StepContext, tx: Transaction): Promise<void>;
}

/** A range of keys that one worker runs as one chunk step. */
export interface PlannedPartition {
  /** Inclusive. */
  readonly minId: bigint;
  /** Inclusive. */
  readonly maxId: bigint;
  /** For progress, and to run the largest first; an estimate. */
  readonly rowsExpected: number;
}

export interface PartitionPlan {
  readonly partitions: readonly PlannedPartition[];
  /**
   * What else the workers must know, the same for all partitions and frozen with the ranges: structured-cloneable and
   * JSON-serialisable (no bigint: write it as text).
   */
  readonly detail: unknown;
  /** What the planner knows of units of work other than rows, for the prediction of `--dry-run`. Not frozen. */
  readonly units?: Readonly<Record<string, number>>;
}

/**
 * A step whose work is cut into ranges that run in parallel in worker threads. The plan is made once for a job
 * instance and frozen in the database; a restart runs the partitions that did not complete, in the same ranges.
 * When a worker throws `planOutdated()`, the runner calls `discard`, drops the plan and plans
 * again, at most 3 times.
 */
export interface PartitionedStep extends StepBase {
  readonly kind: 'partitioned';
  /** Rows a chunk unless `--chunk` says otherwise. */
  readonly chunkSize: ChunkSize;
  /** `partitionCount` undefined: the planner decides. An empty plan completes the step. */
  plan(context: StepContext, partitionCount: number | undefined): Promise<PartitionPlan>;
  /** Throws `planOutdated()` where the stored plan does not hold any more. Asked once a start, before `share`. */
  checkPlan?(context: StepContext): Promise<void>;
  /** Data for all workers (SharedArrayBuffers welcome), made afresh at each start. */
  share?(context: StepContext): Promise<unknown>;
  /**
   * Whether workers of other hosts may take its partitions: `share` is then called by each of them, so that it must only
   * read, and give the same everywhere. Default: where there is no `share`.
   */
  readonly remote?: boolean;
  /**
   * A worker that finds no partition left takes over the far part of the one that would end last. The ranges then stored
   * are the frozen ones. Absent: ranges stay as they were planned.
   */
  readonly stealing?: Stealing;
  /**
   * A single partition of at most so many rows runs in the run's own thread, and is not put up for workers of other hosts:
   * it is done before another thread has started. Its handlers must give turns of the event loop. Absent: every partition
   * runs in a worker thread.
   */
  readonly ownThreadRowsMax?: number;
  /** Removes the results that partitions have committed, because the plan is being dropped. */
  discard?(context: StepContext): Promise<void>;
  /**
   * MB that a thread may hold of objects that have just been made. The default is small, for handlers that work on
   * columns; those that make objects of every row spend less time on moving them with 32 or so.
   */
  readonly maxYoungGenerationSizeMb?: number;
  /** As `replay` of ChunkStep. */
  replay?(record: SkippedRecord, context: StepContext, tx: Transaction): Promise<void>;
  /** Module whose default export is a `PartitionWorker`; loaded in the worker thread (import.meta.url based). */
  readonly workerModule: URL;
}

/** What a worker thread gives to the code of one partition. */
export interface PartitionContext {
  readonly database: Database;
  readonly parameters: JobParameters;
  readonly jobInstanceId: number;
  readonly jobExecutionId: number;
  readonly stepExecutionId: number;
  /** Name of the manager step, without the partition. */
  readonly stepName: string;
  /** 0, 1, 2 ... within the plan. */
  readonly partition: number;
  readonly minId: bigint;
  readonly maxId: bigint;
  /** `read` is never asked for more rows. */
  readonly chunkSize: number;
  /** `PartitionPlan.detail`. */
  readonly planDetail: unknown;
  /** What `PartitionedStep.share` returned. */
  readonly shared: unknown;
  /** On restart, as the last commit left it. */
  readonly executionContext: ExecutionContext;
  readonly logger: Logger;
  /** Aborted when a stop was asked for, or another partition has failed. */
  readonly signal: AbortSignal;
}

/** Opens the chunk handlers of one partition, from the state in `context.executionContext`. */
export type PartitionWorker = (context: PartitionContext) => Promise<StepHandlers>;
