/** A private MariaDB that may be killed and started again in its work: what it has committed outlives that. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMariadbData, findMariadb, mariadbArguments } from './mariadb.ts';
import { freePort, portAnswers, privateFolder, type Server } from './private-process.ts';
import { Watch } from './watch.ts';

const START_MS_MAX = 60_000;

export interface RestartableServer extends Server {
  /** Of the server, until it is restarted. */
  readonly pid: number;
  /** By SIGKILL, or an orderly end; nobody is answered for so long. */
  restart(isKill: boolean, awayMs: number): Promise<void>;
}

/** @throws Error where this machine has no MariaDB */
export async function startRestartableMariadb(options: readonly string[] = []): Promise<RestartableServer> {
  const programs = findMariadb();
  if (programs === undefined) throw new Error('no MariaDB on this machine (Debian: apt-get install mariadb-server)');
  const folder = privateFolder('mariadb');
  const watch = new Watch(folder);
  await createMariadbData(programs, folder);
  const port = await freePort();
  const args = [
    ...mariadbArguments(folder, port),
    '--max-connections=400',
    '--innodb-buffer-pool-size=128M',
    '--innodb-log-file-size=64M',
    // The machine does not fail here, the server does: what it has handed to the system is not lost.
    '--innodb-flush-log-at-trx-commit=2',
    ...options,
  ];
  let child!: ChildProcess;
  const start = async () => {
    const log = openSync(join(folder, 'log'), 'a');
    child = spawn(programs.server, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    watch.add(child.pid!);
    const until = performance.now() + START_MS_MAX;
    while (!(await portAnswers(port))) {
      if (child.exitCode !== null || performance.now() > until) throw new Error('the private MariaDB did not start');
      await sleep(50);
    }
  };
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  await start();
  return {
    url: `mysql://root@127.0.0.1:${port}/`,
    get pid() {
      return child.pid!;
    },
    async restart(isKill, awayMs) {
      await end(isKill ? 'SIGKILL' : 'SIGTERM');
      await sleep(awayMs);
      await start();
    },
    async stop() {
      await end('SIGKILL');
      await watch.end();
    },
  };
}
