/**
 * What it costs and gains to read a date's views from two shards, and from two replicas, beside one server: seconds of the
 * step, rounds in turn. All servers are private, and on this machine: what more machines gain is not seen here.
 *
 *   SOURCES_ROWS    rows of the date (2,000,000)
 *   SOURCES_ROUNDS  of each (3)
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import mysql from 'mysql2/promise';
import { compileCache, SETTLE } from '../support/run-settle.ts';
import { startSpareMariadb } from '../support/servers/mariadb.ts';

const DATE = '2024-01-15';
const rows = Number(process.env.SOURCES_ROWS ?? 2_000_000);
const rounds = Number(process.env.SOURCES_ROUNDS ?? 3);
const MEMORY = ['--innodb-buffer-pool-size=768M', '--innodb-log-file-size=256M', '--sync-binlog=0'];

/** Of one server; `sources` is what the environment says of the log. */
interface Way {
  readonly name: string;
  readonly url: string;
  readonly sources: Readonly<Record<string, string>>;
}

const stops: (() => Promise<void>)[] = [];
try {
  const primary = await open('platform', ['--log-bin=bin', '--server-id=1']);
  const replicas = [await open('', ['--server-id=2']), await open('', ['--server-id=3'])];
  for (const { admin } of replicas) await replicate(admin, primary.url);
  await settle(primary.url, {}, 'migrate');
  await settle(primary.url, {}, 'seed', '--rows', `${rows}`, '--date', DATE);
  const shards = [await open('platform'), await open('platform')];
  for (const [at, { url }] of shards.entries()) {
    await settle(url, {}, 'migrate');
    await copy(primary.url, url, 'view_log', `viewer_id % 2 = ${at}`);
  }
  const results = await open('platform');
  await settle(results.url, {}, 'migrate');
  await copy(primary.url, results.url, 'video');
  const replicaUrls = replicas.map(({ url }) => `${url}platform`).join(' ');
  const ways: Way[] = [
    { name: 'one server', url: primary.url, sources: {} },
    { name: 'two replicas', url: primary.url, sources: { SETTLE_VIEW_REPLICAS: replicaUrls } },
    {
      name: 'two shards, cut by viewer',
      url: results.url,
      sources: { SETTLE_SHARDS: shards.map(({ url }, at) => `s${at}=${url}`).join(' ') },
    },
  ];
  for (const { url, sources } of ways) await settle(url, sources, '--date', DATE);
  const seconds = new Map(ways.map(({ name }) => [name, [] as string[]]));
  for (let round = 0; round < rounds; round++) {
    for (const way of ways) seconds.get(way.name)?.push(await measure(way));
  }
  for (const [name, each] of seconds) say(`${name}: scan + resolve-windows, s: ${each.join(' ')}`);
} finally {
  for (const stop of stops) await stop();
}

async function measure({ url, sources }: Way): Promise<string> {
  await settle(url, sources, '--date', DATE, '--rerun', '--workers', '2', '--partitions', '4');
  const connection = await mysql.createConnection(url);
  const [[step]] = await connection.query<mysql.RowDataPacket[]>(
    `SELECT SUM(CASE STEP_NAME WHEN 'daily-statistics' THEN took END) AS scan,
        SUM(CASE STEP_NAME WHEN 'resolve-windows' THEN took END) AS resolved
      FROM (SELECT STEP_NAME, TIMESTAMPDIFF(MICROSECOND, START_TIME, END_TIME) / 1e6 AS took FROM BATCH_STEP_EXECUTION
        WHERE JOB_EXECUTION_ID = (SELECT MAX(JOB_EXECUTION_ID) FROM BATCH_JOB_EXECUTION)) AS steps`,
  );
  await connection.end();
  return `${Number(step.scan).toFixed(2)}+${Number(step.resolved).toFixed(2)}`;
}

async function open(database: string, options: readonly string[] = []) {
  const server = await startSpareMariadb([...MEMORY, ...options]);
  stops.push(server.stop);
  const admin = await mysql.createConnection(server.url);
  stops.unshift(async () => admin.destroy());
  if (database !== '') await admin.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  return { url: `${server.url}${database}`, admin };
}

/** From the primary's beginning on, so that it has the database as well. */
async function replicate(admin: mysql.Connection, primaryUrl: string): Promise<void> {
  const port = Number(new URL(primaryUrl).port);
  await admin.query(
    `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${port}, MASTER_USER='root', MASTER_USE_GTID=slave_pos`,
  );
  await admin.query('START SLAVE');
}

async function copy(from: string, to: string, table: string, where?: string): Promise<void> {
  const some = where === undefined ? [] : ['--where', where];
  // The URLs of servers without passwords.
  await settle(to, {}, 'copy-table', '--from', from, '--to', to, '--table', table, ...some);
}

async function settle(url: string, sources: Readonly<Record<string, string>>, ...args: string[]): Promise<void> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SETTLE_'));
  const child = spawn(process.execPath, [SETTLE, ...args, '--log-level', 'error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...Object.fromEntries(inherited),
      ...sources,
      NODE_COMPILE_CACHE: compileCache,
      SETTLE_DATABASE_URL: url,
    },
  });
  const [code] = await once(child, 'exit');
  if (code !== 0 && code !== 3) throw new Error(`settle ${args.join(' ')} ended with ${code}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
