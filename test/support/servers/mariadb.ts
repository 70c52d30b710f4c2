/** MariaDB 10.11 for a test run: one that is named, a container, or a private server on this machine. */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { aptInstall, dockerAnswers, findProgram } from './find-program.ts';
import { freePort, privateFolder, type Server, startProcess } from './private-process.ts';

/** Never skips: without a MariaDB the run fails, saying what to do. */
export async function startMariadb(): Promise<Server> {
  const given = process.env.SETTLE_TEST_MARIADB_URL ?? process.env.SETTLE_TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => {} };
  return await startOwn(['--max-connections=400', '--innodb-buffer-pool-size=256M', '--innodb-log-file-size=64M']);
}

/**
 * A server for one test file, which may set what it likes for everybody on it. `SETTLE_TEST_SPARE_MARIADB_URL` names
 * one that nobody else uses.
 */
export async function startSpareMariadb(options: readonly string[] = []): Promise<Server> {
  const given = process.env.SETTLE_TEST_SPARE_MARIADB_URL;
  if (given) return { url: given, stop: async () => {} };
  return await startOwn(['--innodb-buffer-pool-size=64M', '--innodb-log-file-size=16M', ...options]);
}

async function startOwn(options: readonly string[]): Promise<Server> {
  if (await dockerAnswers()) return startContainer(options);
  if (findMariadb() === undefined) await aptInstall('mariadb-server');
  const programs = findMariadb();
  if (programs === undefined) {
    throw new Error(
      'the integration tests need MariaDB: set SETTLE_TEST_DATABASE_URL=mysql://root@host:port/, start Docker, ' +
        'or install it (Debian: apt-get install mariadb-server, macOS: brew install mariadb)',
    );
  }
  return startPrivate(programs, options);
}

export interface MariadbPrograms {
  readonly server: string;
  readonly install: string;
}

export function findMariadb(): MariadbPrograms | undefined {
  const server = findProgram('mariadbd');
  const install = findProgram('mariadb-install-db');
  return server === undefined || install === undefined ? undefined : { server, install };
}

const user = () => `--user=${userInfo().username}`;

/**
 * Its temporary tables, apart from those of other servers: one that starts removes all `#sql` files of the folder that it is
 * given, and another one's creation breaks off.
 */
const temporary = (folder: string) => join(folder, 'tmp');

/** An empty server's files, in a folder of its own. */
export async function createMariadbData({ install }: MariadbPrograms, folder: string): Promise<void> {
  mkdirSync(temporary(folder));
  await promisify(execFile)(install, [
    '--no-defaults',
    `--datadir=${join(folder, 'data')}`,
    `--tmpdir=${temporary(folder)}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    user(),
  ]);
}

/** Of its command line, for a server with the files of that folder. */
export function mariadbArguments(folder: string, port: number): string[] {
  return [
    '--no-defaults',
    `--datadir=${join(folder, 'data')}`,
    `--tmpdir=${temporary(folder)}`,
    `--socket=${join(folder, 'socket')}`,
    `--pid-file=${join(folder, 'pid')}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    user(),
    '--skip-log-bin',
    '--skip-name-resolve',
    '--local-infile=1',
  ];
}

async function startPrivate(programs: MariadbPrograms, options: readonly string[]): Promise<Server> {
  const folder = privateFolder('mariadb');
  await createMariadbData(programs, folder);
  const port = await freePort();
  const stop = await startProcess(folder, port, [
    programs.server,
    ...mariadbArguments(folder, port),
    ...options,
    // It is thrown away when it ends, and no test ends it: nothing of it has to outlive a crash.
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-doublewrite=OFF',
    '--innodb-flush-method=fsync',
  ]);
  return { url: `mysql://root@127.0.0.1:${port}/`, stop };
}

async function startContainer(options: readonly string[]): Promise<Server> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer('mariadb:10.11')
    .withEnvironment({ MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: '1' })
    .withCommand(['--local-infile=1', '--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=OFF', ...options])
    .withExposedPorts(3306)
    .withWaitStrategy(Wait.forLogMessage(/ready for connections/, 2))
    .start();
  const url = `mysql://root@${container.getHost()}:${container.getMappedPort(3306)}/`;
  return { url, stop: async () => void (await container.stop()) };
}
