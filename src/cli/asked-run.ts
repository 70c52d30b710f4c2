/** What a command line asked to run, for a run that never began: its log and termination message name it as well. */
import { ExitCode, isSettleError } from '../errors.ts';
import { type GlobalFlags, loadSettings } from './config.ts';

export interface AskedRun {
  readonly job?: string;
  readonly businessDate?: string;
  /** Of `restart` and `replay`. */
  readonly execution?: number;
}

/** Whether the run of this process has its record `job ended` already. */
export const jobEnding = { isLogged: false };

/** Of `restart` and `replay`: the number, where it is one. */
export function askedExecution(text: string | undefined): AskedRun {
  const execution = Number(text);
  return { execution: Number.isSafeInteger(execution) ? execution : undefined };
}

/** One record `job ended`, as a run that began has it. Not for wrong usage, nor for what runs elsewhere: nothing failed. */
export async function logNotStarted(error: unknown, asked: AskedRun, flags: GlobalFlags): Promise<void> {
  if (jobEnding.isLogged) return;
  const known = isSettleError(error) ? error : (await import('../database/errors.ts')).toSettleError(error);
  const { code, message: reason, hint, exitCode } = known;
  if (code === 'USAGE' || exitCode === ExitCode.alreadyRunning) return;
  try {
    const { createLogger } = await import('./logger.ts');
    const { job, execution, businessDate } = asked;
    createLogger(await loadSettings(flags)).error(
      { job, execution, businessDate, status: 'NOT STARTED', code, reason, hint },
      'job ended',
    );
  } catch {
    // Settings that cannot be read: the line for people says so.
  }
}
