/** A run that is going on: who is at work on it, what it waits for, and about how long still. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Database } from '../database/database.ts';
import type { JobDefinition } from '../engine/job.ts';
import { reasonOfDeath } from '../engine/owner.ts';
import { listPartitionOwners } from '../engine/partition-owners.ts';
import { listJobExecutions, listRunningExecutions } from '../repository/job-execution.ts';
import { selectLease } from '../repository/lease.ts';
import { listStepExecutions } from '../repository/step-execution.ts';
import type { JobExecution, Lease } from '../repository/types.ts';

export interface LiveView {
  readonly isAlive: boolean;
  /** Why the owner cannot be at work any more; undefined when it may well be. */
  readonly death: string | undefined;
  readonly host: string | undefined;
  readonly pid: number | undefined;
  /** On the database's clock. */
  readonly heartbeatAgoMs: number | undefined;
  /** On the database's clock; below 0 when the lease is over. */
  readonly leaseLeftMs: number | undefined;
  /** The process is stopped by a signal (SIGSTOP); known only on its own host. */
  readonly isPaused: boolean;
  /** The step that runs now. */
  readonly step: string | undefined;
  /** Workers that have partitions of it, on any host; empty when its own threads do the work. */
  readonly workers: readonly WorkerView[];
  /** Another execution that is in a step of which one run at a time is made. */
  readonly waitsFor: { readonly execution: number; readonly step: string; readonly sinceMs: number } | undefined;
  /** About how long still; undefined where nothing is known to go by. */
  readonly timeLeft: { readonly ms: number; readonly by: string } | undefined;
}

export interface WorkerView {
  readonly host: string;
  readonly pid: number | undefined;
  readonly isAlive: boolean;
  /** On the database's clock. */
  readonly heartbeatAgoMs: number | undefined;
  /** On the database's clock; below 0 when the lease is over. */
  readonly leaseLeftMs: number | undefined;
  /** `done` in rows of `expected`, which is an estimate. */
  readonly partitions: readonly {
    readonly step: string;
    readonly partition: number;
    readonly epoch: number;
    readonly attempt: number;
    readonly rowsDone: number | undefined;
    readonly rowsExpected: number | undefined;
  }[];
}

interface StepInView {
  readonly name: string;
  readonly status: string;
  readonly startTime: Date | undefined;
  readonly partitions: readonly {
    readonly partition: number;
    readonly rowsExpected: number | undefined;
    readonly rowsDone: number;
  }[];
}

export async function readLiveView(
  database: Database,
  execution: JobExecution,
  job: JobDefinition | undefined,
  steps: readonly StepInView[],
  now: Date,
): Promise<LiveView> {
  const lease = await selectLease(database, database.knex, execution.id);
  const death = reasonOfDeath(lease);
  const current = steps.findLast(({ status }) => status === 'STARTED');
  const since = current?.startTime;
  return {
    isAlive: death === undefined,
    death,
    host: lease?.host,
    pid: lease?.pid,
    heartbeatAgoMs: lease?.heartbeatAgoMs,
    leaseLeftMs: lease?.leaseLeftMs,
    isPaused: lease !== undefined && isPaused(lease),
    step: current?.name,
    workers: await readWorkers(database, execution.jobInstanceId, steps),
    waitsFor:
      current === undefined || since === undefined
        ? undefined
        : await readWaitsFor(database, execution, job?.oneAtATime ?? [], current.name, since, now),
    timeLeft: death === undefined ? await predictTimeLeft(database, execution, current, now) : undefined,
  };
}

async function readWorkers(
  database: Database,
  jobInstanceId: number,
  steps: readonly StepInView[],
): Promise<WorkerView[]> {
  return (await listPartitionOwners(database, jobInstanceId)).map(({ death, partitions, ...owner }) => ({
    ...owner,
    isAlive: death === undefined,
    partitions: partitions.map(({ stepName, partition, epoch, attempts }) => {
      const known = steps
        .find(({ name }) => name === stepName)
        ?.partitions.findLast((one) => one.partition === partition);
      const { rowsDone, rowsExpected } = known ?? {};
      return { step: stepName, partition, epoch, attempt: attempts, rowsDone, rowsExpected };
    }),
  }));
}

/** What makes sense for a run that is going on, or seems to. */
export function liveCommands(id: number, live: LiveView): string[] {
  if (!live.isAlive) return ['settle recover', `settle restart ${id}   (after it)`];
  if (live.isPaused) return [`kill -CONT ${live.pid}   (it goes on)`, 'settle recover   (when its lease is over)'];
  return [`settle stop ${id}`];
}

/** By the state of its process; another host's process is not to be seen. */
function isPaused({ host, pid }: Lease): boolean {
  if (host !== hostname()) return false;
  try {
    // The state stands behind the name, which may hold blanks and parentheses itself.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /^ [Tt] /.test(text.slice(text.lastIndexOf(')') + 1));
  } catch {
    return false;
  }
}

/** The run that came first to a step of which one is made at a time. */
async function readWaitsFor(
  database: Database,
  execution: JobExecution,
  serial: readonly string[],
  step: string,
  since: Date,
  now: Date,
): Promise<LiveView['waitsFor']> {
  if (!serial.includes(step)) return undefined;
  for (const other of await listRunningExecutions(database.knex)) {
    if (other.id === execution.id) continue;
    const lease = await selectLease(database, database.knex, other.id);
    if (lease === undefined || lease.isExpired) continue;
    const ahead = (await listStepExecutions(database, other.id)).find(
      ({ status, stepName, startTime }) =>
        status === 'STARTED' && serial.includes(stepName) && startTime !== undefined && startTime < since,
    );
    if (ahead !== undefined) {
      return { execution: other.id, step: ahead.stepName, sinceMs: Math.max(0, now.getTime() - since.getTime()) };
    }
  }
  return undefined;
}

/** By the rows of the step that runs; else by how long the last completed run of the job took. */
async function predictTimeLeft(
  database: Database,
  execution: JobExecution,
  current: StepInView | undefined,
  now: Date,
): Promise<LiveView['timeLeft']> {
  const expected = current?.partitions.reduce((sum, { rowsExpected }) => sum + (rowsExpected ?? 0), 0) ?? 0;
  const done = current?.partitions.reduce((sum, { rowsDone }) => sum + rowsDone, 0) ?? 0;
  if (current?.startTime !== undefined && done > 0 && expected > done) {
    const elapsedMs = now.getTime() - current.startTime.getTime();
    return { ms: (elapsedMs * (expected - done)) / done, by: `rows of ${current.name}` };
  }
  const [last] = await listJobExecutions(database, { job: execution.jobName, status: 'COMPLETED', limit: 1 });
  if (last?.startTime === undefined || last.endTime === undefined || execution.startTime === undefined)
    return undefined;
  const took = last.endTime.getTime() - last.startTime.getTime();
  const left = took - (now.getTime() - execution.startTime.getTime());
  return left <= 0 ? undefined : { ms: left, by: `execution ${last.id}` };
}
