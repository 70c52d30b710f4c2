/**
 * What workers cost and gain: the statistics of one date by 1, 2, 4, 8 worker processes of one thread, each behind a
 * network that delays what goes either way. For each: seconds of the step, what it takes a worker from the end of a
 * partition to the next one in hand, statements and processor time of the server. Then how long it takes until what a
 * worker had is in others' hands: killed on this host, and silent beyond its lease.
 *
 *   SCALE_ROWS        rows of the date (2,000,000)
 *   SCALE_WORKERS     counts of worker processes (1,2,4,8)
 *   SCALE_LATENCY_MS  each way (1); 0: no proxy between
 *   SCALE_PARTITIONS  (32)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { FaultProxy } from '../support/fault-proxy.ts';
import { compileCache, SETTLE } from '../support/run-settle.ts';
import { startRestartableMariadb } from '../support/servers/restartable-mariadb.ts';
import { Watch } from '../support/servers/watch.ts';

const DATE = '2024-01-15';
const rows = Number(process.env.SCALE_ROWS ?? 2_000_000);
const counts = (process.env.SCALE_WORKERS ?? '1,2,4,8').split(',').map(Number);
const latencyMs = Number(process.env.SCALE_LATENCY_MS ?? 1);
const partitions = Number(process.env.SCALE_PARTITIONS ?? 32);
/** Of the takeover of a silent worker. */
const LEASE_S = 4;
const TICKS_PER_SECOND = 100;

interface Worker {
  readonly child: ChildProcess;
  /** Milliseconds from the end of a partition to the next one in hand. */
  readonly gapsMs: number[];
  taken: number;
  holds: number | undefined;
}

const watch = new Watch();
const server = await startRestartableMariadb(['--innodb-buffer-pool-size=1G', '--innodb-log-file-size=512M']);
const connection = await mysql.createConnection(server.url);
await connection.query('CREATE DATABASE scale CHARACTER SET utf8mb4');
const url = new URL('/scale', server.url).href;
const proxies: FaultProxy[] = [];
const children = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
try {
  await settle('migrate');
  await settle('seed', '--rows', `${rows}`, '--date', DATE);
  // Makes the map of the log, and fills the server's memory.
  await settle('--date', DATE, '--workers', '2');
  say(`${rows} rows, ${partitions} partitions, ${latencyMs} ms each way`);
  say('workers  step s  gap ms: median, p95, n   statements a partition  server CPU s');
  for (const count of counts) say(await measure(count));
  for (const how of ['SIGKILL', 'SIGSTOP'] as const) say(await measureTakeover(how));
} finally {
  for (const child of children) child.kill('SIGKILL');
  for (const proxy of proxies) await proxy.close();
  await connection.end();
  await server.stop();
  await watch.end();
}

async function measure(count: number): Promise<string> {
  const workers = await startWorkers(count);
  // Each has looked for work by then, and looks every second or so.
  await sleep(3_000);
  const before = { statements: await statements(), cpu: serverCpuSeconds() };
  await settle('--date', DATE, '--workers', 'remote', '--rerun', '--partitions', `${partitions}`);
  const cpu = serverCpuSeconds() - before.cpu;
  const asked = (await statements()) - before.statements;
  await endWorkers(workers);
  const gaps = workers.flatMap(({ gapsMs }) => gapsMs).sort((a, b) => a - b);
  const at = (share: number) => gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * share))]?.toFixed(0) ?? '-';
  const [[step]] = await connection.query<mysql.RowDataPacket[]>(
    `SELECT TIMESTAMPDIFF(MICROSECOND, START_TIME, END_TIME) / 1e6 AS s FROM scale.BATCH_STEP_EXECUTION
      WHERE STEP_NAME = 'daily-statistics' ORDER BY STEP_EXECUTION_ID DESC LIMIT 1`,
  );
  const took = workers.map(({ taken }) => taken).join(' ');
  return (
    `${String(count).padStart(7)}  ${Number(step.s).toFixed(2).padStart(6)}  ${at(0.5)}, ${at(0.95)}, ${gaps.length}` +
    `   ${(asked / partitions).toFixed(1)}   ${cpu.toFixed(2)}   (partitions: ${took})`
  );
}

/** From the kill, or the last word, to the claim of another worker. */
async function measureTakeover(how: 'SIGKILL' | 'SIGSTOP'): Promise<string> {
  const workers = await startWorkers(2, '--lease', `${LEASE_S}`);
  await sleep(3_000);
  const running = settle('--date', DATE, '--workers', 'remote', '--rerun', '--partitions', '16', '--chunk', '5000');
  let victim: Worker | undefined;
  while (victim === undefined) {
    await sleep(20);
    victim = workers.find(({ taken, holds }) => taken >= 2 && holds !== undefined);
  }
  victim.child.kill(how);
  const from = performance.now();
  const lost = victim.holds;
  const [other] = workers.filter((one) => one !== victim);
  let tookMs: number | undefined;
  createInterface(other.child.stderr!).on('line', (line) => {
    if (!line.startsWith('{')) return;
    const { msg, partition, epoch } = JSON.parse(line);
    if (msg === 'partition taken' && partition === lost && epoch > 1) tookMs ??= performance.now() - from;
  });
  await running;
  victim.child.kill('SIGCONT');
  await endWorkers(workers);
  const what = how === 'SIGKILL' ? 'killed, on this host' : `silent, lease of ${LEASE_S} s`;
  return `takeover of a worker that is ${what}: ${tookMs === undefined ? 'none' : `${(tookMs / 1000).toFixed(2)} s`}`;
}

async function startWorkers(count: number, ...more: string[]): Promise<Worker[]> {
  return await Promise.all(
    Array.from({ length: count }, async () => {
      let through = url;
      if (latencyMs > 0) {
        const proxy = await FaultProxy.open(url);
        proxy.latencyMs = latencyMs;
        proxies.push(proxy);
        through = proxy.url;
      }
      const args = ['worker', '--threads', '1', '--log-format', 'json', '--log-level', 'info', ...more];
      const worker: Worker = { child: start(args, through, 'pipe'), gapsMs: [], taken: 0, holds: undefined };
      let endedAt: number | undefined;
      const isReady = new Promise<void>((resolve) => {
        createInterface(worker.child.stderr!).on('line', (line) => {
          if (!line.startsWith('{')) return;
          const { msg, time, partition } = JSON.parse(line);
          const at = new Date(time).getTime();
          if (msg === 'worker started') resolve();
          else if (msg === 'partition completed') {
            endedAt = at;
            worker.holds = undefined;
          } else if (msg === 'partition taken') {
            worker.taken++;
            worker.holds = partition;
            if (endedAt !== undefined) worker.gapsMs.push(at - endedAt);
          }
        });
      });
      await isReady;
      return worker;
    }),
  );
}

async function endWorkers(workers: readonly Worker[]): Promise<void> {
  const ends = workers.filter(({ child }) => children.has(child)).map(({ child }) => once(child, 'exit'));
  for (const { child } of workers) child.kill('SIGTERM');
  await Promise.all(ends);
}

async function settle(...args: string[]): Promise<void> {
  const [code] = await once(start([...args, '--log-level', 'error'], url, 'ignore'), 'exit');
  if (code !== 0 && code !== 3) throw new Error(`settle ${args.join(' ')} ended with ${code}`);
}

function start(args: readonly string[], databaseUrl: string, output: 'ignore' | 'pipe'): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SETTLE_'));
  const child = spawn(process.execPath, [SETTLE, ...args], {
    stdio: ['ignore', 'ignore', output === 'pipe' ? 'pipe' : 'inherit'],
    env: {
      ...Object.fromEntries(inherited),
      NODE_COMPILE_CACHE: compileCache,
      SETTLE_DATABASE_URL: databaseUrl,
    },
  });
  watch.add(child.pid!);
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function statements(): Promise<number> {
  const [[row]] = await connection.query<mysql.RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Questions'");
  return Number(row.Value);
}

function serverCpuSeconds(): number {
  const text = readFileSync(`/proc/${server.pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
