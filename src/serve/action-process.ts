/**
 * Runs an action as the command line does it: in a process of its own, so that its refusals, signals and exit codes are
 * the same, and so that a run's threads and memory are not those of the service.
 */
import { type ChildProcess, spawn } from 'node:child_process';

export interface ActionOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  /** The last line of stderr: what a person would read last. */
  readonly message: string;
}

const OUTPUT_LENGTH_MAX = 200_000;
const EXIT_SIGNALS: Readonly<Record<string, number>> = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129, SIGKILL: 137 };

export class ActionProcesses {
  readonly #command: readonly string[];
  readonly #environment: NodeJS.ProcessEnv;
  readonly #running = new Set<ChildProcess>();

  /** `environment`: of the processes, with the database that the service reads. */
  constructor(command: readonly string[], environment: NodeJS.ProcessEnv) {
    this.#command = command;
    this.#environment = environment;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Never rejects: a process that cannot be started has exit code 1. */
  start(args: readonly string[]): Promise<ActionOutcome> {
    const [program, ...before] = this.#command;
    const child = spawn(program, [...before, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // What a person would read; the log of the run itself is not kept.
      env: { ...this.#environment, SETTLE_LOG: 'silent' },
    });
    this.#running.add(child);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-OUTPUT_LENGTH_MAX);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-OUTPUT_LENGTH_MAX);
    });
    return new Promise((resolve) => {
      const end = (exitCode: number, message: string) => {
        this.#running.delete(child);
        resolve({ exitCode, stdout, message });
      };
      child.once('error', (error) => end(1, `settle could not be started: ${error.message}`));
      child.once('close', (code, signal) => end(code ?? EXIT_SIGNALS[signal ?? ''] ?? 1, lastLine(stderr)));
    });
  }

  /** Asks the runs to stop after their chunk, and waits for them. */
  async stopAll(): Promise<void> {
    const ends = [...this.#running].map(
      (child) => new Promise<void>((resolve) => void child.once('close', () => resolve())),
    );
    for (const child of this.#running) child.kill('SIGTERM');
    await Promise.all(ends);
  }
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.startsWith('settle: '));
  return (lines.at(-1) ?? '').replace(/^settle: /, '');
}
