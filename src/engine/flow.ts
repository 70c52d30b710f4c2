/** Where a job goes on after a step: pure decisions on an exit status. */
import { ExitCode, SettleError } from '../errors.ts';
import type { FlowElement, JobDefinition } from './job.ts';
import type { Transition } from './transition.ts';

/** What comes after an element of a job. */
export type FlowTarget =
  | { readonly kind: 'element'; readonly index: number }
  | { readonly kind: 'end'; readonly exitCode: string }
  /** `restartIndex`: where the next start goes on; the number of elements when the job is complete by then. */
  | { readonly kind: 'stop'; readonly exitCode: string; readonly restartIndex: number };

export const FAILED = 'FAILED';

/** Throws FLOW_FAILED where a transition leads to `fail`. */
export function nextTarget(job: JobDefinition, index: number, exitStatus: string): FlowTarget {
  const element = job.steps[index];
  const transition = transitionOf(element, exitStatus);
  if (transition === undefined) return { kind: 'element', index: index + 1 };
  const { to, status } = transition;
  switch (to) {
    case 'end':
      return { kind: 'end', exitCode: status ?? 'COMPLETED' };
    case 'stop': {
      const { restartAt } = transition;
      const restartIndex = restartAt === undefined ? index + 1 : indexOf(job, restartAt);
      return { kind: 'stop', exitCode: status ?? 'STOPPED', restartIndex };
    }
    case 'fail':
      throw flowFailed(job, element, exitStatus, transition);
    default:
      return { kind: 'element', index: indexOf(job, to) };
  }
}

/** Whether the failure of an element leads on. */
export function handlesFailure(element: FlowElement): boolean {
  return transitionOf(element, FAILED) !== undefined;
}

/** The exit code that a transition to `fail` gives the execution; undefined for other errors. */
export function exitCodeOf(error: SettleError): string | undefined {
  return error.code === FLOW_FAILED ? (error as SettleError & { flowStatus?: string }).flowStatus : undefined;
}

const FLOW_FAILED = 'FLOW_FAILED';

function flowFailed(job: JobDefinition, { name }: FlowElement, exitStatus: string, { status, message }: Transition) {
  const words = message ?? `step ${name} ended with ${exitStatus}, and the job ${job.name} fails then`;
  const error = new SettleError(FLOW_FAILED, ExitCode.failed, words);
  return Object.assign(error, { flowStatus: status });
}

function transitionOf({ next }: FlowElement, exitStatus: string): Transition | undefined {
  return next?.find(({ on }) => fits(on, exitStatus) && !(exitStatus === FAILED && on === '*'));
}

/** Character by character: a pattern is never made into a regular expression. */
function fits(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const [first, rest] = [pattern[0], pattern.slice(1)];
  if (first === '*') return fits(rest, text) || (text !== '' && fits(pattern, text.slice(1)));
  return text !== '' && (first === '?' || first === text[0]) && fits(rest, text.slice(1));
}

function indexOf(job: JobDefinition, wanted: string): number {
  return job.steps.findIndex(({ name }) => name === wanted);
}
