/** Where a job goes on after a step: pure decisions on the step's exit status. */
import { ExitCode, SettleError } from '../errors.ts';
import type { JobDefinition } from './job.ts';
import type { Step } from './step.ts';
import type { Transition } from './transition.ts';

/** Index in `job.steps` to go on from; the number of steps when the job is to end. Throws FLOW_FAILED for `fail`. */
export function nextIndex(job: JobDefinition, index: number, exitStatus: string): number {
  const element = job.steps[index];
  const target = element.kind === 'split' ? undefined : transitionOf(element, exitStatus)?.to;
  if (target === undefined) return index + 1;
  if (target === 'end') return job.steps.length;
  if (target === 'fail') {
    throw new SettleError(
      'FLOW_FAILED',
      ExitCode.failed,
      `step ${element.name} ended with ${exitStatus}, and the job ${job.name} fails then`,
    );
  }
  return job.steps.findIndex(({ name }) => name === target);
}

function transitionOf(step: Step, exitStatus: string): Transition | undefined {
  return step.next?.find(({ on }) => on === exitStatus || on === '*');
}
