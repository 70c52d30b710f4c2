/**
 * SIGINT, SIGTERM and SIGHUP for commands that can stop in good order: the first asks for a stop at the next chunk
 * boundary, a second SIGINT or SIGTERM ends the process at once. Commands that never ask for the signal are ended by
 * the system, as usual.
 */
import { ExitCode } from '../errors.ts';
import { isUnderNohup } from './hang-up.ts';
import { stderrWriter } from './output/writer.ts';

const EXIT_CODES = { SIGHUP: ExitCode.hungUp, SIGINT: ExitCode.interrupted, SIGTERM: ExitCode.terminated } as const;
type StopSignalName = keyof typeof EXIT_CODES;
/** Signals that end at once when they come second. A terminal that goes may send SIGHUP twice, as may its shell. */
const ENDING: readonly StopSignalName[] = ['SIGINT', 'SIGTERM'];

let controller: AbortController | undefined;

/** Of a process that ends because of the signal, which has aborted. */
export function signalExitCode({ reason }: AbortSignal): ExitCode {
  return EXIT_CODES[reason as StopSignalName] ?? ExitCode.terminated;
}

/**
 * A signal that aborts on the first of the signals, whose name is its reason. From the first call on, the process no
 * longer dies of the first of these signals.
 * @param meaning what the first one does, for the person who sent it
 */
export function stopSignal(meaning = 'stopping after the current chunk'): AbortSignal {
  if (controller !== undefined) return controller.signal;
  const stop = new AbortController();
  controller = stop;
  let isAsked = false;
  const listen = (name: StopSignalName) => {
    process.on(name, () => {
      if (isAsked) {
        if (ENDING.includes(name)) endAtOnce(name);
        return;
      }
      isAsked = true;
      stderrWriter.write(`settle: ${name}: ${meaning}; once more to end at once\n`);
      // After the signals that have arrived with this one, and before anything that the stop sets off: a statement that
      // blocks the thread between the two would swallow the second signal.
      setImmediate(() => {
        leaveNextToSystem();
        stop.abort(name);
      });
    });
  };
  ENDING.forEach(listen);
  if (!isUnderNohup()) listen('SIGHUP');
  return stop.signal;
}

/** The next one ends the process by the system's own doing, also while this thread is inside of a statement. */
function leaveNextToSystem(): void {
  // The first process of a container has to end by itself: the system does not do it.
  if (process.pid === 1) return;
  for (const name of ENDING) process.removeAllListeners(name);
}

/** Not by `process.exit`, which waits for threads that may be waiting for a file or a lock. */
function endAtOnce(name: StopSignalName): void {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
  // Still here: the first process of a container. Another program in its place ends all of its threads.
  const code = EXIT_CODES[name];
  process.execve?.(process.execPath, [process.execPath, '-e', `process.exit(${code})`], {});
  process.exit(code);
}
