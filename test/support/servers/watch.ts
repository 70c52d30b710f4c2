/** Processes that a script or a test starts, and that must not outlive it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Kills what it was told of, and removes the folder, when its standard input ends without `end`. */
const WATCH = [
  'trap : INT TERM HUP',
  'while read -r pid && [ "$pid" != end ]; do pids="$pids $pid"; done',
  '[ "$pid" = end ] || [ -z "$pids" ] || kill -9 $pids',
  '[ -z "$1" ] || { sleep 0.2; rm -rf "$1"; }',
].join('\n');

/** A shell that ends processes by SIGKILL when this process dies, whatever of. */
export class Watch {
  readonly #shell: ChildProcess;

  /** @param folder removed at the end, whatever the end is */
  constructor(folder = '') {
    this.#shell = spawn('/bin/sh', ['-c', WATCH, 'sh', folder], { stdio: ['pipe', 'ignore', 'ignore'] });
    // A signal to the whole process group has ended it, and it has done its work.
    this.#shell.stdin!.on('error', () => {});
  }

  add(pid: number): void {
    this.#shell.stdin!.write(`${pid}\n`);
  }

  /** They have ended. */
  async end(): Promise<void> {
    if (this.#shell.exitCode !== null) return;
    const ended = once(this.#shell, 'exit');
    this.#shell.stdin!.end('end\n');
    await ended;
  }
}
