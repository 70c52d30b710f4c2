/** Runs the steps of a job in the order that its flow gives: one after another, side by side, or as a step decides. */
import { nextIndex } from '../engine/flow.ts';
import type { JobDefinition, Split } from '../engine/job.ts';
import type { Step } from '../engine/step.ts';
import type { JobRun, StepOutcome } from './job-run.ts';
import { runStep } from './run-step.ts';

export interface FlowEnd {
  readonly status: StepOutcome;
  /** Records skipped by all steps, those of earlier executions that had completed included. */
  readonly skipCount: number;
  /** Of the last step; of a split, COMPLETED. */
  readonly exitStatus: string;
}

/** Throws what the step threw that failed. */
export async function runFlow(job: JobDefinition, run: JobRun): Promise<FlowEnd> {
  let end: FlowEnd = { status: 'COMPLETED', skipCount: 0, exitStatus: 'COMPLETED' };
  for (let index = 0; index < job.steps.length; index = nextIndex(job, index, end.exitStatus)) {
    const element = job.steps[index];
    const last = element.kind === 'split' ? await runSplit(element, run) : await runSequence([element], run);
    end = { ...last, skipCount: end.skipCount + last.skipCount };
    if (end.status === 'STOPPED') break;
  }
  return end;
}

async function runSequence(steps: readonly Step[], run: JobRun): Promise<FlowEnd> {
  let skipCount = 0;
  let exitStatus = 'COMPLETED';
  for (const step of steps) {
    if (run.signal.aborted) return { status: 'STOPPED', skipCount, exitStatus };
    const { outcome, stepExecution, skipCount: skipsOfStep } = await runStep(step, run);
    skipCount += skipsOfStep;
    exitStatus = stepExecution.exitCode;
    if (outcome === 'STOPPED') return { status: 'STOPPED', skipCount, exitStatus };
  }
  return { status: 'COMPLETED', skipCount, exitStatus };
}

async function runSplit({ flows }: Split, run: JobRun): Promise<FlowEnd> {
  const ends = await Promise.allSettled(flows.map((steps) => runSequence(steps, run)));
  const completed: FlowEnd[] = [];
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
