/**
 * SIGINT and SIGTERM for commands that can stop in good order: the first asks for a stop at the next chunk boundary,
 * the second ends the process at once. Commands that never ask for the signal are ended by the system, as usual.
 */
import { ExitCode } from '../errors.ts';

let controller: AbortController | undefined;

/**
 * A signal that aborts on the first SIGINT or SIGTERM, whose name is its reason. From the first call on, the process
 * no longer dies of the first of these signals.
 */
export function stopSignal(): AbortSignal {
  if (controller !== undefined) return controller.signal;
  const stop = new AbortController();
  controller = stop;
  const listen = (name: 'SIGINT' | 'SIGTERM', exitCode: ExitCode) => {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(exitCode);
      process.stderr.write(`settle: ${name}: stopping after the current chunk; once more to end at once\n`);
      stop.abort(name);
    });
  };
  listen('SIGINT', ExitCode.interrupted);
  listen('SIGTERM', ExitCode.terminated);
  return stop.signal;
}
