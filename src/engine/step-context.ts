import type { Logger } from 'pino';
import type { Database, Transaction } from '../database/database.ts';
import type { Doorbell } from './doorbell.ts';
import type { ExecutionContext } from './execution-context.ts';
import type { JobParameters } from './parameters.ts';
import type { ProgressSink } from './progress.ts';

/** What every step is given. */
export interface StepContext {
  readonly database: Database;
  readonly parameters: JobParameters;
  readonly jobInstanceId: number;
  readonly jobExecutionId: number;
  readonly stepExecutionId: number;
  readonly stepName: string;
  /** The step's own context: on restart it holds what the last commit saved. */
  readonly executionContext: ExecutionContext;
  /** The job execution's context: shared by the steps of one execution, saved when a step ends. */
  readonly jobContext: ExecutionContext;
  readonly logger: Logger;
  /** Aborted when a stop was asked for; long work looks at it between units of work. */
  readonly signal: AbortSignal;
  readonly options: RunOptions;
  readonly progress: ProgressSink;
  /** A transaction in which the run's ownership is checked (fencing): use it for every write of a step. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** How to run, not what to compute: none of this may change a result. */
export interface RunOptions {
  /** Worker threads; default: number of cores. */
  readonly workers: number;
  /** Partitions asked for (grid size); undefined: the planner decides. */
  readonly partitions: number | undefined;
  /** Rows a chunk; undefined: the step's default. */
  readonly chunkSize: number | undefined;
  /** Partitions are put up for workers of any host. Absent: only the run's own threads work on them. */
  readonly remote?: RemoteOptions;
}

export interface RemoteOptions {
  /** Of this process, which take partitions as workers do; 0: none. */
  readonly threads: number;
  /** How often a partition is tried, on any hosts, before it is set aside. */
  readonly attemptsMax: number;
  /** How long a worker may be silent before others take what it has. */
  readonly leaseMs: number;
  /** Wakes workers that wait. */
  readonly bell?: Doorbell;
}
