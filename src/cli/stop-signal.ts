/**
 * SIGINT and SIGTERM for commands that can stop in good order: the first asks for a stop at the next chunk boundary,
 * the second ends the process at once. Commands that never ask for the signal are ended by the system, as usual.
 */
import { ExitCode, SettleError } from '../errors.ts';

let controller: AbortController | undefined;

/**
 * A signal that aborts on the first SIGINT or SIGTERM. Its reason is a SettleError with exit code 130 or 143.
 * From the first call on, the process no longer dies of the first of these signals.
 */
export function stopSignal(): AbortSignal {
  if (controller !== undefined) return controller.signal;
  const stop = new AbortController();
  controller = stop;
  const listen = (name: 'SIGINT' | 'SIGTERM', exitCode: ExitCode) => {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(exitCode);
      process.stderr.write(`settle: ${name}: stopping after the current chunk; once more to end at once\n`);
      stop.abort(
        new SettleError(name, exitCode, `stopped by ${name}; what was committed is kept`, {
          hint: 'The same command, or `settle restart ID`, continues it.',
        }),
      );
    });
  };
  listen('SIGINT', ExitCode.interrupted);
  listen('SIGTERM', ExitCode.terminated);
  return stop.signal;
}
