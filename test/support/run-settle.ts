/** Runs the real command line in a process of its own, as a person or a scheduler would. */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const SETTLE = fileURLToPath(new URL('../../bin/settle.js', import.meta.url));

/**
 * Half of what a short run takes is compiling: processes and their threads share what an earlier one has compiled. Node
 * takes from it only what it finds compiled from the very same source.
 */
export const compileCache = join(tmpdir(), 'settle-test-compile-cache');

export interface RunOptions {
  /** Database URL, given by the environment. */
  readonly url?: string;
  /** Added to an environment without any SETTLE_ variable. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Given to its stdin, which is then closed. */
  readonly input?: string | Buffer;
  /** Killed after this long; default 60,000. */
  readonly timeoutMs?: number;
}

export interface Outcome {
  /** Exit code; 128 + number when a signal ended it, as a shell would say. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** From start to end. */
  readonly ms: number;
}

/** Runs `settle ...args` to its end. Never rejects because of the exit code. */
export async function runSettle(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return startSettle(args, options).outcome;
}

/** As `runSettle`, for tests that stop or kill it on its way. */
export function startSettle(args: readonly string[], options: RunOptions = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(SETTLE_|VITEST|NODE_OPTIONS$)/.test(name));
  const url = options.url === undefined ? {} : { SETTLE_DATABASE_URL: options.url };
  const started = performance.now();
  const child = spawn(process.execPath, [SETTLE, ...args], {
    cwd: options.cwd,
    env: { ...Object.fromEntries(inherited), NODE_COMPILE_CACHE: compileCache, ...url, ...options.env },
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => {
    // It ended without reading all of its input.
  });
  child.stdin.end(options.input);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (data: Buffer) => stdout.push(data));
  child.stderr.on('data', (data: Buffer) => stderr.push(data));
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({
        code: code ?? (signal === 'SIGKILL' ? 137 : signal === 'SIGTERM' ? 143 : 130),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
        ms: performance.now() - started,
      });
    });
  });
  return { child, outcome };
}
