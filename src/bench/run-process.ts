/** Runs a contender's process to its end: what it printed, how it ended, how long it took. */
import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { environment } from '../environment.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { launcherPath } from '../launcher.ts';

const TIMEOUT_MS = 3_600_000;
/** Of stdout, and of stderr: contenders print a few lines. */
const OUTPUT_BYTES_MAX = 4 * 2 ** 20;
const STDERR_SHOWN_MAX = 300;
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

export interface ProcessOptions {
  readonly cwd?: string;
  /** What errors call it; default the name of the program, without the folders of this machine. */
  readonly label?: string;
  /** Added to the environment of this process; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Killed after this long; default an hour. */
  readonly timeoutMs?: number;
  /** Exit codes that are no error; default 0 alone. A signal counts as 128 and its number, as in a shell. */
  readonly exitCodes?: readonly number[];
  /** Called once it runs: to watch it, or to kill it. */
  readonly onStart?: (child: ChildProcess) => void;
}

export interface ProcessOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly wallSeconds: number;
  /** Milliseconds from its start to the first byte of stdout or stderr; undefined when it said nothing. */
  readonly firstOutputMs: number | undefined;
}

/** @throws SettleError when it cannot be started, or ends with an exit code that is an error */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessOutcome> {
  const label = options.label ?? basename(command);
  const started = performance.now();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...environment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let firstOutputMs: number | undefined;
  const collect = (stream: NodeJS.ReadableStream) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (data: Buffer) => {
      firstOutputMs ??= performance.now() - started;
      size += data.length;
      if (size <= OUTPUT_BYTES_MAX) chunks.push(data);
    });
    return () => Buffer.concat(chunks).toString();
  };
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', (error) => reject(cannotStart(label, error)));
    child.once('spawn', () => options.onStart?.(child));
    child.once('close', (code, signal) => resolve(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)));
  });
  const wallSeconds = (performance.now() - started) / 1000;
  if (!(options.exitCodes ?? [ExitCode.completed]).includes(exitCode)) throw endedBadly(label, exitCode, stderr());
  return { exitCode, stdout: stdout(), stderr: stderr(), wallSeconds, firstOutputMs };
}

/** Runs `settle ...args` on the database as a user would: the launcher, in a process of its own. */
export async function runSettle(
  databaseUrl: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessOutcome> {
  return await runProcess(process.execPath, [launcherPath(), ...args], {
    label: ['settle', ...args].slice(0, 3).join(' '),
    ...options,
    env: { SETTLE_LOG: 'warn', SETTLE_LOG_FORMAT: 'text', ...options.env, SETTLE_DATABASE_URL: databaseUrl },
  });
}

function cannotStart(label: string, error: Error): SettleError {
  const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such program here' : error.message;
  return new SettleError('BENCH_PROCESS', ExitCode.failed, `${label} cannot be started: ${why}`, { cause: error });
}

function endedBadly(label: string, exitCode: number, stderr: string): SettleError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  // Of a stack trace, its first line says what happened.
  const telling = lines.find((line) => /error|exception|cannot|refused|failed/i.test(line)) ?? lines.at(-1);
  const said = (telling ?? 'it said nothing').trim().slice(0, STDERR_SHOWN_MAX);
  return new SettleError('BENCH_PROCESS', ExitCode.failed, `${label} ended with exit code ${exitCode}: ${said}`);
}
