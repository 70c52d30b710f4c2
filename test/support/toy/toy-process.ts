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
  /** Partitions are put up for workers; none of this process take any. */
  readonly remote?: { readonly threads: number };
  /** Told as soon as the process is there. */
  readonly onSpawn?: (pid: number) => void;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Resolves when the process is ready to run. */
export async function startToyProcess(url: string, options: ToyProcessOptions): Promise<ToyProcess> {
  return await start('./run-toy.ts', url, options);
}

/** A worker, which looks for work until it is ended. */
export async function startToyWorker(url: string, options: ToyProcessOptions): Promise<ToyProcess> {
  return await start('./run-toy-worker.ts', url, options);
}

async function start(file: string, url: string, { env, onSpawn, ...options }: ToyProcessOptions): Promise<ToyProcess> {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [script, url, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  onSpawn?.(child.pid!);
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
