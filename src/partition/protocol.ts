/** What the main thread and a worker thread say to each other. Everything here can be cloned. */
import type { ChunkSize } from '../engine/chunk-size.ts';
import type { Fence } from '../engine/fence.ts';
import type { JobParameter } from '../engine/parameters.ts';
import type { PartitionClaim } from '../engine/partition-claim.ts';
import type { RetryPolicy } from '../engine/retry-policy.ts';
import type { StepExecution } from '../repository/types.ts';
import type { RemoteError } from './remote-error.ts';

/** Handed to a worker at its birth (`workerData`): what all of its partitions have in common. */
export interface WorkerStart {
  readonly databaseUrl: string;
  /** URL of the module whose default export is a PartitionWorker. */
  readonly workerModule: string;
  readonly parameters: readonly JobParameter[];
  readonly jobExecutionId: number;
  readonly fence: Fence;
  readonly stepName: string;
  readonly chunkSize: ChunkSize;
  readonly retryPolicy: RetryPolicy;
  readonly planDetail: unknown;
  readonly shared: unknown;
  /** Of the main thread's logger. */
  readonly logLevel: string;
  /** One Int32: not 0 when the worker is to stop at its next chunk boundary. A flag, because a busy thread reads no mail. */
  readonly stopFlag: SharedArrayBuffer;
}

/** One partition to work on. */
export interface PartitionTask {
  readonly partition: number;
  readonly minId: bigint;
  readonly maxId: bigint;
  readonly stepExecution: StepExecution;
  /** The text of the step execution's context. */
  readonly contextText: string;
  /** Of the partition's span: the thread's own spans are its children. */
  readonly traceCarrier: Readonly<Record<string, string>>;
  /** Rows that earlier executions of the partition have read. */
  readonly rowsDone: number;
  /** An estimate of all its rows. */
  readonly rowsExpected: number;
  /** Of a partition that a worker has taken: its transactions go by this. Absent: by the run's fence alone. */
  readonly claim?: PartitionClaim;
}

export type ToWorker =
  | { readonly type: 'run'; readonly task: PartitionTask }
  /** At the next chunk boundary: give up the far part of what is left, as partition number `newPartition`. */
  | { readonly type: 'cut'; readonly partition: number; readonly newPartition: number }
  /** A stop was asked for: for work that waits. The flag says it to work that does not. */
  | { readonly type: 'stop' }
  /** No more partitions: close what is open and end. */
  | { readonly type: 'end' };

export type FromWorker =
  /** The database is open and the module is loaded. */
  | { readonly type: 'ready' }
  /** A chunk was committed, so many seconds after its reading began. */
  | { readonly type: 'advanced'; readonly partition: number; readonly rowsDone: number; readonly seconds: number }
  /** Something that failed is tried again. */
  | { readonly type: 'retried' }
  /** The answer to `cut`, unless `ended` comes first. When given up, the new partition's row is committed. */
  | { readonly type: 'cut'; readonly partition: number; readonly isGivenUp: boolean }
  | { readonly type: 'ended'; readonly partition: number; readonly result: PartitionResult }
  /** It cannot work at all. */
  | { readonly type: 'unusable'; readonly error: RemoteError }
  /** A line of pino's JSON. */
  | { readonly type: 'log'; readonly line: string };

export type PartitionResult =
  /** Its row says COMPLETED already. */
  | { readonly outcome: 'completed' }
  | { readonly outcome: 'stopped' }
  | { readonly outcome: 'failed'; readonly error: RemoteError; readonly rollbackCount: number };
