/** A run at a glance: what one line of `settle runs` tells. */
import type { Database } from '../database/database.ts';
import { listJobParameters } from '../repository/job-parameters.ts';
import { listStepExecutions } from '../repository/step-execution.ts';
import type { BatchStatus, JobExecution } from '../repository/types.ts';
import { durationOf, rowsOf } from './execution-view.ts';

export interface RunRow {
  readonly id: number;
  readonly job: string;
  /** The business date, for jobs that have one. */
  readonly date: string | undefined;
  readonly status: BatchStatus;
  readonly startTime: Date | undefined;
  readonly endTime: Date | undefined;
  readonly durationMs: number | undefined;
  readonly rows: number;
  readonly exitCode: string;
  readonly exitMessage: string;
}

export async function readRunRow(database: Database, execution: JobExecution, now: Date): Promise<RunRow> {
  const parameters = await listJobParameters(database, execution.id);
  const { id, jobName: job, status, startTime, endTime, exitCode, exitMessage } = execution;
  const date = parameters.find(({ name }) => name === 'date')?.value;
  const rows = rowsOf(job, await listStepExecutions(database, id));
  return {
    id,
    job,
    date,
    status,
    startTime,
    endTime,
    durationMs: durationOf(execution, now),
    rows,
    exitCode,
    exitMessage,
  };
}
