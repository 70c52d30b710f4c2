/**
 * How a run ended, as one JSON line of less than 4 KB, where Kubernetes shows it as the pod's termination message.
 * Written below Kubernetes, to /dev/termination-log, or wherever SETTLE_TERMINATION_LOG says.
 */
import { writeFileSync } from 'node:fs';
import { type Environment, environment } from '../environment.ts';
import { hideCredentials } from '../errors.ts';
import { visibleText } from '../rules/visible-text.ts';

const DEFAULT_PATH = '/dev/termination-log';
/** The whole line stays below 4096 bytes, also when every character needs 4 of them and is escaped. */
const MESSAGE_LENGTH_MAX = 600;

export interface Ending {
  readonly exitCode: number;
  readonly job?: string;
  readonly businessDate?: string;
  readonly execution?: number;
  readonly status?: string;
  readonly rows?: number;
  readonly durationMs?: number;
  /** What went wrong. */
  readonly message?: string;
  /** What domains that watched the run have noted. */
  readonly [noted: string]: unknown;
}

/** Never throws: a run does not fail because nobody can be told how it ended. */
export function writeTerminationLog(ending: Ending, variables: Environment = environment()): void {
  const path = variables.SETTLE_TERMINATION_LOG || (variables.KUBERNETES_SERVICE_HOST ? DEFAULT_PATH : undefined);
  if (path === undefined) return;
  const message =
    ending.message === undefined ? undefined : hideCredentials(ending.message).slice(0, MESSAGE_LENGTH_MAX);
  try {
    writeFileSync(path, visibleText(`${JSON.stringify({ ...ending, message })}\n`));
  } catch {
    // No such file in this pod, or not writable: the exit code and the log tell the same.
  }
}
