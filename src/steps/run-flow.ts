/** Runs the elements of a job in the order that its flow gives: one after another, side by side, or as one decides. */

import { isOwnershipLost } from '../engine/fence.ts';
import { FAILED, handlesFailure, nextTarget } from '../engine/flow.ts';
import type { Decision, FlowElement, JobDefinition, Split } from '../engine/job.ts';
import { withRetry } from '../engine/retrying.ts';
import type { Step } from '../engine/step.ts';
import { findPreviousCounts, findStepHistory } from '../repository/step-execution.ts';
import { skipCountOf } from './chunk-commit.ts';
import type { JobRun, StepOutcome } from './run-state.ts';
import { runStep } from './run-step.ts';

export interface FlowEnd {
  readonly status: StepOutcome;
  /** Records skipped by all steps for the instance, in earlier executions too. */
  readonly skipCount: number;
  /** The exit code of the execution. */
  readonly exitCode: string;
}

/** What became of one element. */
interface ElementEnd {
  readonly status: StepOutcome;
  readonly skipCount: number;
  /** Of the last step, of a decision; of a split COMPLETED; FAILED after a failure that leads on. */
  readonly exitStatus: string;
}

/** In the job's context: the element at which a restart goes on after a transition to `stop`. */
const RESTART_AT = 'flow.restartAt';
const AT_END = '';

/** Throws what the step threw that failed, unless a transition leads on from there. */
export async function runFlow(job: JobDefinition, run: JobRun): Promise<FlowEnd> {
  let skipCount = 0;
  let exitStatus = 'COMPLETED';
  const first = startIndex(job, run.jobContext.get(RESTART_AT));
  for (const element of job.steps.slice(0, first)) skipCount += await skipsOfElement(element, run);
  for (let index = first; index < job.steps.length; ) {
    const end = await runElement(job.steps[index], run, exitStatus);
    skipCount += end.skipCount;
    exitStatus = end.exitStatus;
    if (end.status === 'STOPPED') return { status: 'STOPPED', skipCount, exitCode: 'STOPPED' };
    const target = nextTarget(job, index, exitStatus);
    if (target.kind === 'end') return { status: 'COMPLETED', skipCount, exitCode: target.exitCode };
    if (target.kind === 'stop') {
      run.jobContext.put(RESTART_AT, job.steps[target.restartIndex]?.name ?? AT_END);
      return { status: 'STOPPED', skipCount, exitCode: target.exitCode };
    }
    index = target.index;
  }
  return { status: 'COMPLETED', skipCount, exitCode: 'COMPLETED' };
}

function startIndex(job: JobDefinition, restartAt: unknown): number {
  if (restartAt === undefined) return 0;
  if (restartAt === AT_END) return job.steps.length;
  return Math.max(
    0,
    job.steps.findIndex(({ name }) => name === restartAt),
  );
}

async function runElement(element: FlowElement, run: JobRun, exitStatus: string): Promise<ElementEnd> {
  if (run.signal.aborted) return { status: 'STOPPED', skipCount: 0, exitStatus };
  if (element.kind === 'decision') return await decide(element, run, exitStatus);
  try {
    return element.kind === 'split' ? await runSplit(element, run) : await runSequence([element], run);
  } catch (error) {
    // Nothing leads on without the database, or after another process has taken over.
    if (!handlesFailure(element) || isOwnershipLost(error) || run.retrying.circuit.isOpen) throw error;
    run.logger.warn({ step: element.name, err: error }, 'the step failed; the flow leads on');
    return { status: 'COMPLETED', skipCount: await skipsOfElement(element, run), exitStatus: FAILED };
  }
}

async function decide({ name, decide }: Decision, run: JobRun, exitStatus: string): Promise<ElementEnd> {
  const { parameters, jobContext, database, logger, signal } = run;
  const scope = {
    parameters,
    jobContext,
    database,
    jobInstanceId: run.fence.jobInstanceId,
    logger,
    signal,
    exitStatus,
  };
  const decided = await withRetry(run.retrying, async () => decide(scope));
  logger.info({ decision: name, exitStatus: decided }, 'decided');
  return { status: 'COMPLETED', skipCount: 0, exitStatus: decided };
}

async function skipsOfElement(element: FlowElement, run: JobRun): Promise<number> {
  if (element.kind === 'decision') return 0;
  let skipCount = 0;
  for (const step of element.kind === 'split' ? element.flows.flat() : [element]) skipCount += await skipsOf(step, run);
  return skipCount;
}

/** Of a step whose executions have not completed, or of one of a split that has. */
async function skipsOf(step: Step, { database, fence, retrying }: JobRun): Promise<number> {
  const { last } = await withRetry(retrying, () => findStepHistory(database.knex, fence.jobInstanceId, step.name));
  if (last === undefined) return 0;
  if (step.kind === 'partitioned') return skipCountOf(last);
  const before = await withRetry(retrying, () => findPreviousCounts(database.knex, fence.jobInstanceId, last));
  return skipCountOf(last) + skipCountOf(before);
}

async function runSequence(steps: readonly Step[], run: JobRun): Promise<ElementEnd> {
  let skipCount = 0;
  let exitStatus = 'COMPLETED';
  for (const step of steps) {
    if (run.signal.aborted) return { status: 'STOPPED', skipCount, exitStatus };
    if ((await run.beforeStep(step.name, run.signal)) === 'stop') return { status: 'STOPPED', skipCount, exitStatus };
    const { outcome, stepExecution, skipCount: skipsOfStep } = await runStep(step, run);
    skipCount += skipsOfStep;
    exitStatus = stepExecution.exitCode;
    if (outcome === 'STOPPED') return { status: 'STOPPED', skipCount, exitStatus };
  }
  return { status: 'COMPLETED', skipCount, exitStatus };
}

async function runSplit({ flows }: Split, run: JobRun): Promise<ElementEnd> {
  const ends = await Promise.allSettled(flows.map((steps) => runSequence(steps, run)));
  const completed: ElementEnd[] = [];
  for (const end of ends) {
    if (end.status === 'rejected') throw end.reason;
    completed.push(end.value);
  }
  return {
    status: completed.some(({ status }) => status === 'STOPPED') ? 'STOPPED' : 'COMPLETED',
    skipCount: completed.reduce((sum, { skipCount }) => sum + skipCount, 0),
    exitStatus: 'COMPLETED',
  };
}
