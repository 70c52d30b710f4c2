/**
 * MySQL 9 for a test run: one that is named, a container, or the one that a neighbouring folder of the checkout knows
 * how to start. Where there is none, its tests are left out and the closing output says so.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { dockerAnswers } from './find-program.ts';
import { freePort, portAnswers, type Server, startProcess } from './private-process.ts';

const STARTER = fileURLToPath(new URL('../../../../shared/bin/mysql9', import.meta.url));
const PORT = 3409;

/** A server, or the reason why there is none. */
export async function startMysql(): Promise<Server | string> {
  const given = process.env.SETTLE_TEST_MYSQL_URL;
  if (given) return { url: given, stop: async () => {} };
  if (await dockerAnswers()) return startContainer();
  if (!existsSync(STARTER)) return 'no SETTLE_TEST_MYSQL_URL and no Docker';
  try {
    return await startNeighbour();
  } catch (error) {
    return `${STARTER}: ${(error as Error).message.trim().split('\n').pop()}`;
  }
}

/** Why `startSpareMysql` would start none here; undefined: it would. */
export async function whyNoSpareMysql(): Promise<string | undefined> {
  if (process.env.SETTLE_TEST_SPARE_MYSQL_URL || (await dockerAnswers())) return undefined;
  return neighbourRoot() === undefined ? 'no SETTLE_TEST_SPARE_MYSQL_URL and no Docker' : undefined;
}

/**
 * A server for one test file, which may set what it likes for everybody on it. `SETTLE_TEST_SPARE_MYSQL_URL` names one
 * that nobody else uses. Undefined where this machine has none.
 */
export async function startSpareMysql(options: readonly string[] = []): Promise<Server | undefined> {
  const given = process.env.SETTLE_TEST_SPARE_MYSQL_URL;
  if (given) return { url: given, stop: async () => {} };
  if (await dockerAnswers()) return startContainer(options);
  const root = neighbourRoot();
  return root === undefined ? undefined : await startInRoot(root, options);
}

/** The folder into which the neighbour has unpacked a MySQL, if this user may run a program in it. */
function neighbourRoot(): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const starter = existsSync(STARTER) ? readFileSync(STARTER, 'utf8') : '';
  const root = process.env.MYSQL9_ROOT ?? /MYSQL9_ROOT:-([^}]+)\}/.exec(starter)?.[1];
  return root !== undefined && existsSync(join(root, 'usr/sbin/mysqld')) ? root : undefined;
}

/**
 * A file for each table is made and synced one by one, whatever the settings about syncing say: two thirds of what the
 * tables of a new database take.
 */
const TABLES_IN_ONE_FILE = '--innodb-file-per-table=OFF';

/** A second server beside the neighbour's own: other data, other port, same programs. */
async function startInRoot(root: string, options: readonly string[]): Promise<Server> {
  const folder = mkdtempSync(join(root, 'tmp', 'spare-'));
  const inside = `/tmp/${basename(folder)}`;
  mkdirSync(join(folder, 'tmp'));
  const program = ['chroot', root, 'mysqld', '--no-defaults', '--user=root', `--datadir=${inside}/data`];
  const own = [`--tmpdir=${inside}/tmp`, '--disable-log-bin', '--mysqlx=0', '--secure-file-priv='];
  const small = ['--innodb-redo-log-capacity=16M', '--innodb-buffer-pool-size=64M', ...own];
  const port = await freePort();
  const run = promisify(execFile);
  await run(program[0], [...program.slice(1), ...small, '--initialize-insecure', ...options]);
  const stop = await startProcess(folder, port, [
    ...program,
    ...small,
    `--socket=${inside}/socket`,
    `--pid-file=${inside}/pid`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-doublewrite=OFF',
    '--innodb-use-native-aio=OFF',
    // As of the MariaDB beside it: nothing of it has to outlive a crash.
    '--innodb-flush-method=nosync',
    TABLES_IN_ONE_FILE,
    ...options,
  ]);
  return { url: `mysql://root@127.0.0.1:${port}/`, stop };
}

/**
 * By its programs alone: the neighbour's own server waits for the disk at every commit, which doubles what a test takes. The
 * first start unpacks them.
 */
async function startNeighbour(): Promise<Server> {
  if (neighbourRoot() === undefined && !(await portAnswers(PORT))) {
    const run = promisify(execFile);
    await run('bash', [STARTER, 'start', String(PORT)]);
    await run('bash', [STARTER, 'stop']);
  }
  const root = neighbourRoot();
  if (root === undefined) throw new Error('it has unpacked no MySQL that this user may run');
  return await startInRoot(root, ['--max-connections=400', '--local-infile=1', '--innodb-buffer-pool-size=256M']);
}

async function startContainer(options: readonly string[] = ['--max-connections=400']): Promise<Server> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer('mysql:9')
    .withEnvironment({ MYSQL_ALLOW_EMPTY_PASSWORD: '1' })
    .withCommand(['--local-infile=1', '--disable-log-bin', TABLES_IN_ONE_FILE, ...options])
    .withExposedPorts(3306)
    .withWaitStrategy(Wait.forLogMessage(/ready for connections.*port: 3306/))
    .start();
  const url = `mysql://root@${container.getHost()}:${container.getMappedPort(3306)}/`;
  return { url, stop: async () => void (await container.stop()) };
}
