/** Starts run-toy.ts as a child process and listens to what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ToyOptions, toyParameters } from './toy-job.ts';

export interface ToyProcess {
  readonly child: ChildProcess;
  /** Ends it by SIGKILL, unless it has ended. */
  kill(): Promise<void>;
  /** Has it run the job for a date. */
  run(date?: string): void;
  /** Resolves when it has said so many lines that begin with `start`, with these; rejects when it ends before. */
  said(start: string, times?: number): Promise<string[]>;
}

export interface ToyProcessOptions extends ToyOptions {
  readonly leaseMs?: number;
  readonly workers?: number;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Resolves when the process is ready to run. */
export async function startToyProcess(url: string, { env, ...options }: ToyProcessOptions): Promise<ToyProcess> {
  const script = fileURLToPath(new URL('./run-toy.ts', import.meta.url));
  const child = spawn(process.execPath, [script, url, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const lines: string[] = [];
  const reader = createInterface(child.stdout!);
  const ended = once(reader, 'close');
  const exited = once(child, 'exit');
  const listeners = new Set<() => void>();
  reader.on('line', (line) => {
    lines.push(line);
    for (const listener of listeners) listener();
  });
  const toy: ToyProcess = {
    child,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    run: (date = toyParameters.date) => void child.stdin!.write(`${date}\n`),
    said: (start, times = 1) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const found = lines.filter((line) => line.startsWith(start));
          if (found.length >= times) resolve(found);
        };
        listeners.add(check);
        check();
        ended.then(() => reject(new Error(`ended without saying ${start}: ${lines.join(', ')}`)));
      }),
  };
  await toy.said('ready');
  return toy;
}
