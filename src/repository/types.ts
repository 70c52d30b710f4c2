/** The rows of the job repository as the program sees them. Spring Batch's words; ids fit into 53 bits. */

/**
 * `ABANDONED` and `COMPLETED` are final; `FAILED` and `STOPPED` can be restarted. `UNKNOWN` is only ever written by Spring
 * Batch, of a run whose end it could not note.
 */
export const batchStatuses = [
  'STARTING',
  'STARTED',
  'STOPPING',
  'STOPPED',
  'FAILED',
  'COMPLETED',
  'ABANDONED',
  'UNKNOWN',
] as const;
export type BatchStatus = (typeof batchStatuses)[number];

/** True while an owner is expected to be at work. */
export function isRunning(status: BatchStatus): boolean {
  return status === 'STARTING' || status === 'STARTED' || status === 'STOPPING';
}

export interface JobInstance {
  readonly id: number;
  readonly jobName: string;
  readonly jobKey: string;
}

/** A row of BATCH_JOB_EXECUTION. */
export interface JobExecution {
  readonly id: number;
  readonly jobInstanceId: number;
  readonly jobName: string;
  /** Optimistic lock. */
  version: number;
  status: BatchStatus;
  /** Spring Batch's ExitStatus, e.g. `COMPLETED`, `FAILED`, `UNKNOWN` while it runs. */
  exitCode: string;
  /** One line: why it ended as it did; empty when there is nothing to say. */
  exitMessage: string;
  readonly createTime: Date;
  startTime: Date | undefined;
  endTime: Date | undefined;
  lastUpdated: Date | undefined;
}

/** A row of BATCH_JOB_EXECUTION_PARAMS. */
export interface StoredParameter {
  readonly name: string;
  /** A Java class name. */
  readonly javaType: string;
  readonly value: string;
  readonly identifying: boolean;
}

/** Numbers of rows or items, except `commitCount` and `rollbackCount`, which count transactions. */
export interface ExecutionCounts {
  readCount: number;
  writeCount: number;
  filterCount: number;
  readSkipCount: number;
  processSkipCount: number;
  writeSkipCount: number;
  commitCount: number;
  rollbackCount: number;
}

/** A row of BATCH_STEP_EXECUTION. A partition's row is named `<step>:<partition>`. */
export interface StepExecution extends ExecutionCounts {
  readonly id: number;
  readonly jobExecutionId: number;
  readonly stepName: string;
  /** Optimistic lock. */
  version: number;
  status: BatchStatus;
  exitCode: string;
  exitMessage: string;
  readonly createTime: Date;
  startTime: Date | undefined;
  endTime: Date | undefined;
  lastUpdated: Date | undefined;
}

/** A frozen range of a partitioned step, with how far it has come over all executions of its instance. */
export interface PartitionProgress {
  readonly stepName: string;
  readonly partition: number;
  readonly minId: bigint;
  readonly maxId: bigint;
  /** An estimate. */
  readonly rowsExpected: number;
  readonly status: BatchStatus;
  /** The last step execution that worked on it; undefined before the first. */
  readonly stepExecutionId: number | undefined;
  /** Sums over all its step executions since the plan was made. */
  readonly counts: ExecutionCounts;
  readonly claim: PartitionClaimView;
}

/** What a partition's row says of claims by workers; epoch 0 and no host where none has ever taken it. */
export interface PartitionClaimView {
  readonly epoch: number;
  readonly attempts: number;
  /** Of the worker that has it, or had it last. */
  readonly ownerId: string | undefined;
  readonly host: string | undefined;
  /** Why the last attempt failed: JSON of a `PartitionFailure`. */
  readonly failure: string | undefined;
}

/** What a partition's row says of its claim. */
export interface PartitionState {
  readonly status: BatchStatus;
  /** Raised by each claim. */
  readonly epoch: number;
  /** Claims since the step was put up, less those that were given back. */
  readonly attempts: number;
  /** Who has it while it is STARTED, and who had it last. */
  readonly ownerId: string | undefined;
  /** Tells a claim from one of the same epoch under a plan that was dropped. */
  readonly stepExecutionId: number | undefined;
}

/** Who runs an execution; a row of settle_lease. */
export interface Lease {
  readonly jobExecutionId: number;
  readonly ownerId: string;
  readonly host: string;
  readonly pid: number;
  /** Tells boots and pid namespaces of a host apart; empty where the system does not say. */
  readonly bootId: string;
  /** Tells processes that were given the same pid apart; empty where the system does not say. */
  readonly processStart: string;
  readonly heartbeatAt: Date;
  /** By the database's clock; also when it is ahead. */
  readonly isExpired: boolean;
  /** It ends later than one that is given now would: the database's clock has been set back since. */
  readonly isAhead: boolean;
  /** Since the last heartbeat, by the database's clock. */
  readonly heartbeatAgoMs: number;
  /** Until the lease is over, by the database's clock; below 0 when it is. */
  readonly leaseLeftMs: number;
}

/** Zero for each count. */
export function zeroCounts(): ExecutionCounts {
  return {
    readCount: 0,
    writeCount: 0,
    filterCount: 0,
    readSkipCount: 0,
    processSkipCount: 0,
    writeSkipCount: 0,
    commitCount: 0,
    rollbackCount: 0,
  };
}
