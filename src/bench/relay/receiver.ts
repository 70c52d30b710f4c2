/** Starts the receiver of receiver-process.ts, and asks it what it has got. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { workerModule } from '../../partition/worker-module.ts';

export interface Received {
  readonly requests: number;
  /** Taken, repeats among them. */
  readonly messages: number;
  /** Different ones. */
  readonly ids: number;
  /** Milliseconds from their posting to their arrival. */
  readonly delayP50: number;
  readonly delayP99: number;
}

export interface Receiver {
  readonly url: string;
  /** Since the last time it was asked. */
  received(): Promise<Received>;
}

/** It ends with this process. @param failing the share of requests that it answers by 500 */
export async function startReceiver(failing: number): Promise<Receiver> {
  const program = fileURLToPath(workerModule('receiver-process', import.meta.url));
  const child = spawn(process.execPath, [program, String(failing)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const line = await firstLine(child);
  // It keeps nobody from ending.
  child.unref();
  for (const stream of [child.stdin, child.stdout]) if (stream instanceof Socket) stream.unref();
  const url = `http://127.0.0.1:${line}/hook`;
  return {
    url,
    received: async () => (await (await fetch(url)).json()) as Received,
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the receiver ended with ${code}`)));
    child.stdout?.once('data', (data: Buffer) => resolve(String(data).trim()));
  });
}
