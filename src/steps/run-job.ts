/** Runs a job: the one way in for the command line and for users of the library. */
import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import type { JobDefinition } from '../engine/job.ts';
import type { ProgressSink } from '../engine/progress.ts';
import type { ExitCode } from '../errors.ts';
import type { JobExecution } from '../repository/types.ts';

export interface RunJobOptions {
  readonly workers?: number;
  readonly partitions?: number;
  readonly chunkSize?: number;
  readonly rerun?: boolean;
  readonly signal?: AbortSignal;
  readonly progress?: ProgressSink;
  readonly logger?: Logger;
  readonly now?: () => Date;
  readonly leaseMs?: number;
}

export interface JobRunResult {
  readonly execution: JobExecution;
  readonly outcome: 'completed' | 'completed-with-skips' | 'already-complete' | 'failed' | 'stopped';
  readonly exitCode: ExitCode;
  readonly error?: unknown;
}

export async function runJob(
  database: Database,
  job: JobDefinition,
  rawParameters: Readonly<Record<string, string>>,
  options: RunJobOptions = {},
): Promise<JobRunResult> {
  throw new Error(`${database.displayUrl} ${job.name} ${Object.keys(rawParameters)} ${Object.keys(options)}`);
}
