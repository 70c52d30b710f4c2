/**
 * A server of our own for one test run: own folder, own port on 127.0.0.1. A shell watches over it, so that it ends
 * and its folder goes even when the test run itself is killed.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A running server: what tests connect to, and how it ends. */
export interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

const MEMORY = '/dev/shm';
/** A run of the tests needs a few hundred megabytes of it. */
const MEMORY_BYTES_MIN = 4 * 2 ** 30;

/** A new folder; its path is short, because a Unix socket's path has at most 107 bytes. */
export function privateFolder(name: string): string {
  return mkdtempSync(join(hasMemoryFolder() ? MEMORY : tmpdir(), `settle-${name}-`));
}

/**
 * In memory, where there is room, nothing waits for a disk. The tests prove nothing less by it: they kill settle, and
 * never the server or the machine, so that what was written is there whether or not a disk has it.
 */
function hasMemoryFolder(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= MEMORY_BYTES_MIN && freemem() >= MEMORY_BYTES_MIN;
  } catch {
    return false;
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** True when something listens on the port. */
export async function portAnswers(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.setTimeout(1_000, () => end(false));
  });
}

/**
 * The shell reads until this process closes the pipe or dies; then it kills the server, by its id, and removes the
 * folder. A signal to the whole process group ends its `cat`, which comes to the same.
 */
const WATCH = [
  'trap : INT TERM HUP; folder=$1; shift',
  'if [ $# -gt 0 ]; then "$@" >"$folder/log" 2>&1 & pid=$!; echo $pid; fi',
  'cat >/dev/null; [ -z "$pid" ] || { kill -9 $pid; wait $pid; }; rm -rf "$folder"',
].join('\n');

/** A folder for this test run that goes with it, also when the run is killed. `remove` waits until it has gone. */
export function watchedFolder(name: string): { readonly path: string; remove(): Promise<void> } {
  const path = privateFolder(name);
  const shell = spawn('/bin/sh', ['-c', WATCH, 'sh', path], { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = new Promise<void>((resolve) => shell.once('close', () => resolve()));
  const remove = async () => {
    shell.stdin.end();
    await ended;
  };
  return { path, remove };
}

/**
 * Starts `command` and waits until `port` answers, at most 30 s unless it is given more.
 * @returns the function that kills it and removes `folder`.
 */
export async function startProcess(
  folder: string,
  port: number,
  command: readonly string[],
  startMs = 30_000,
): Promise<() => Promise<void>> {
  const logPath = join(folder, 'log');
  const shell = spawn('/bin/sh', ['-c', WATCH, 'sh', folder, ...command], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => shell.once('close', () => resolve()));
  const pid = await new Promise<number>((resolve, reject) => {
    shell.stdout.once('data', (data: Buffer) => resolve(Number(data.toString().split('\n')[0])));
    shell.once('error', reject);
  });
  shell.stdout.resume();
  const stop = async () => {
    shell.stdin.end();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + startMs;
  while (!(await portAnswers(port))) {
    if (!alive(pid) || Date.now() > deadline) {
      const said = readFileSync(logPath, 'utf8').trim().split('\n').slice(-15).join('\n');
      await stop();
      throw new Error(`${command[0]} did not start:\n${said}`);
    }
    await sleep(50);
  }
  return stop;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
