/** What a run measured of itself: rows over time of its steps, and who worked on which partition when, attempt by attempt. */
import { listPartitions } from '../repository/partition.ts';
import { listExecutionIds } from '../repository/purge.ts';
import { listStepExecutionsOf } from '../repository/step-execution.ts';
import { listStepProgress, type StepProgressRow } from '../repository/step-progress.ts';
import type { BatchStatus, JobExecution, StepExecution } from '../repository/types.ts';
import type { CommandContext } from './command-context.ts';

export interface ProgressView {
  readonly steps: readonly MeasuredStepView[];
  /** Of all executions of the instance: a restart goes on with what the one before has left. */
  readonly attempts: readonly AttemptView[];
}

export interface MeasuredStepView {
  readonly name: string;
  readonly startTime: Date | undefined;
  readonly endTime: Date | undefined;
  /** Rows of the plan; undefined for a step without partitions. */
  readonly rowsExpected: number | undefined;
  /** Milliseconds since the start, and rows done by then, over all executions; at most 120. */
  readonly points: StepProgressRow['points'];
}

/** One execution of one partition. */
export interface AttemptView {
  readonly step: string;
  readonly partition: number;
  /** 1 for the first execution of the partition. */
  readonly attempt: number;
  readonly execution: number;
  readonly status: BatchStatus;
  readonly exitMessage: string;
  /** Null where it was not noted. */
  readonly host: string | null;
  /** Number of the thread, from 0. */
  readonly worker: number | null;
  /** The partition that it was cut off, by a worker that had nothing to do. */
  readonly cutFrom: number | null;
  readonly readCount: number;
  readonly startTime: Date | undefined;
  readonly endTime: Date | undefined;
}

/** Executions of the instance that are looked at, newest first. */
const EXECUTIONS_MAX = 20;

export async function readProgressView(
  { database }: Pick<CommandContext, 'database'>,
  { id, jobInstanceId }: JobExecution,
): Promise<ProgressView> {
  const executions = (await listExecutionIds(database.knex, jobInstanceId)).slice(-EXECUTIONS_MAX);
  const rows = await listStepExecutionsOf(
    database.knex,
    [...new Set([...executions, id])].sort((a, b) => a - b),
  );
  const measured = await listStepProgress(
    database,
    rows.map((row) => row.id),
  );
  const byStep = new Map(measured.map((one) => [one.stepExecutionId, one]));
  const plan = await listPartitions(database, jobInstanceId);
  const steps = rows
    .filter(({ jobExecutionId, stepName }) => jobExecutionId === id && !/:\d+$/.test(stepName))
    .map((row) => {
      const planned = plan.filter(({ stepName }) => stepName === row.stepName);
      return {
        name: row.stepName,
        startTime: row.startTime,
        endTime: row.endTime,
        rowsExpected: planned.length === 0 ? undefined : planned.reduce((sum, one) => sum + one.rowsExpected, 0),
        points: byStep.get(row.id)?.points ?? [],
      };
    });
  return { steps, attempts: attemptsOf(rows, byStep) };
}

function attemptsOf(rows: readonly StepExecution[], byStep: ReadonlyMap<number, StepProgressRow>): AttemptView[] {
  const tried = new Map<string, number>();
  return rows.flatMap((row) => {
    const match = /^(.*):(\d+)$/.exec(row.stepName);
    if (match === null) return [];
    const attempt = (tried.get(row.stepName) ?? 0) + 1;
    tried.set(row.stepName, attempt);
    const { jobExecutionId: execution, status, exitMessage, readCount, startTime, endTime } = row;
    const { host = null, worker = null, cutFrom = null } = byStep.get(row.id) ?? {};
    const work = { host, worker, cutFrom };
    return [
      {
        step: match[1],
        partition: Number(match[2]),
        attempt,
        execution,
        status,
        exitMessage,
        ...work,
        readCount,
        startTime,
        endTime,
      },
    ];
  });
}
