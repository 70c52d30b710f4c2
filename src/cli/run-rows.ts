/** Runs at a glance: what one line of `settle runs` tells. */
import type { Database } from '../database/database.ts';
import { listPartitionOwners } from '../engine/partition-owners.ts';
import { isBusinessDate, listParametersOf } from '../repository/job-parameters.ts';
import { selectLease } from '../repository/lease.ts';
import { listStepExecutionsOf } from '../repository/step-execution.ts';
import { type BatchStatus, isRunning, type JobExecution, type StepExecution } from '../repository/types.ts';
import type { CommandContext } from './command-context.ts';
import { durationOf, rowsOf } from './execution-view.ts';

export interface RunRow {
  readonly id: number;
  readonly job: string;
  /** The business date, for jobs that have one. */
  readonly date: string | undefined;
  /** The value of the parameter that `isInput`. */
  readonly file: string | undefined;
  readonly status: BatchStatus;
  readonly startTime: Date | undefined;
  readonly endTime: Date | undefined;
  readonly durationMs: number | undefined;
  /** Undefined where purge has taken the details. */
  readonly rows: number | undefined;
  /** Records that were set aside; undefined where purge has taken the details. */
  readonly skipped: number | undefined;
  readonly exitCode: string;
  readonly exitMessage: string;
  /** Of a run that is going on: whether its owner gave a sign of life within the lease. */
  readonly owner: { readonly isAlive: boolean; readonly heartbeatAt: Date | undefined } | undefined;
  /** Workers of any host that have partitions of it; absent where none has. */
  readonly workers?: readonly { readonly host: string; readonly isAlive: boolean; readonly partitions: number }[];
}

/** In the order of the executions. */
export async function readRunRows(
  { database, registry }: Pick<CommandContext, 'database' | 'registry'>,
  executions: readonly JobExecution[],
  now: Date,
): Promise<RunRow[]> {
  const ids = executions.map(({ id }) => id);
  const parameters = Map.groupBy(await listParametersOf(database.knex, ids), (one) => one.jobExecutionId);
  const steps = Map.groupBy(await listStepExecutionsOf(database.knex, ids), (one) => one.jobExecutionId);
  const rows: RunRow[] = [];
  for (const execution of executions) {
    const given = parameters.get(execution.id) ?? [];
    const { id, jobName: job, status, startTime, endTime, exitCode, exitMessage } = execution;
    const own = steps.get(id);
    const definition = await registry.jobNamed(job);
    const inputName = definition?.parameters.find(({ isInput }) => isInput)?.name;
    rows.push({
      id,
      job,
      date: given.find(isBusinessDate)?.value,
      file: given.find(({ name }) => name === inputName)?.value,
      status,
      startTime,
      endTime,
      durationMs: durationOf(execution, now),
      // A run that is on its way may not have begun its first step yet.
      rows: own === undefined && !isRunning(status) ? undefined : rowsOf(definition, own ?? []),
      skipped: own === undefined && !isRunning(status) ? undefined : skippedIn(own ?? []),
      exitCode,
      exitMessage,
      owner: isRunning(status) ? await readOwner(database, id) : undefined,
      ...(isRunning(status) ? await readWorkers(database, execution.jobInstanceId) : {}),
    });
  }
  return rows;
}

/** Records that the steps passed over; a partition's are counted by its manager once it has ended. */
function skippedIn(steps: readonly StepExecution[]): number {
  return steps
    .filter(({ stepName }) => !stepName.includes(':'))
    .reduce((sum, one) => sum + one.readSkipCount + one.processSkipCount + one.writeSkipCount, 0);
}

async function readWorkers(database: Database, jobInstanceId: number): Promise<Pick<RunRow, 'workers'>> {
  const owners = await listPartitionOwners(database, jobInstanceId);
  if (owners.length === 0) return {};
  return {
    workers: owners.map(({ host, death, partitions }) => ({
      host,
      isAlive: death === undefined,
      partitions: partitions.length,
    })),
  };
}

async function readOwner(database: Database, executionId: number): Promise<RunRow['owner']> {
  const lease = await selectLease(database, database.knex, executionId);
  return { isAlive: lease !== undefined && !lease.isExpired, heartbeatAt: lease?.heartbeatAt };
}
