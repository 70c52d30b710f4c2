/**
 * `make demo-workers`: a date of 2,000,000 views settled by three worker processes on a MariaDB of its own, one of them
 * killed in the middle of a partition. Ends with 0 when the result is what `settle verify` computes, and another worker
 * has taken over what the killed one had. Nothing of it outlives it, also when it is interrupted or killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { SETTLE } from '../support/run-settle.ts';
import { SpareServer } from '../support/servers/spare-server.ts';
import { Watch } from '../support/servers/watch.ts';

const DATE = '2024-01-15';
const ROWS = 2_000_000;
const PARTITIONS = 24;
/** Small, so that a partition is several commits, and the kill falls between two of them. */
const CHUNK = 16_000;
const WORKERS = 3;
/** Who is the first to take so many is the one to be killed. */
const TAKEN_BEFORE_KILL = 3;

interface Worker {
  readonly number: number;
  readonly pid: number;
  readonly held: Set<number>;
  taken: number;
  completed: number;
}

const children = new Set<ChildProcess>();
const watch = new Watch();
const workers: Worker[] = [];
let victim: Worker | undefined;
let hasKilled = false;
let isTakenOver = false;
let runStartedMs = 0;
let cleaning: Promise<void> | undefined;

const server = await startServer();
const place = await server.freshDatabase();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    say(`${signal}: the workers and the server end`);
    void cleanUp().finally(() => process.exit(1));
  });
}
try {
  process.exitCode = await demonstrate();
} finally {
  await cleanUp();
}

async function demonstrate(): Promise<number> {
  for (const args of [['migrate'], ['seed', '--rows', `${ROWS}`, '--videos', '5000', '--date', DATE]]) {
    const code = await settle(args);
    if (code !== 0) return code;
  }
  for (let number = 1; number <= WORKERS; number++) workers.push(await startWorker(number));
  say(`$ settle worker --threads 1      # ${WORKERS} times: ${workers.map(nameOf).join(', ')}`);
  runStartedMs = performance.now();
  const run = ['--date', DATE, '--workers', 'remote', '--partitions', `${PARTITIONS}`, '--chunk', `${CHUNK}`];
  const runCode = await settle(run);
  if (runCode !== 0) return runCode;
  await tellWhoDidWhat();
  const verifyCode = await settle(['verify', '--date', DATE]);
  if (verifyCode !== 0) return verifyCode;
  if (!isTakenOver) say('but no worker took over what the killed one had: nothing was shown');
  return isTakenOver ? 0 : 1;
}

async function startServer(): Promise<SpareServer> {
  const options = ['--innodb-buffer-pool-size=512M', '--innodb-log-file-size=256M'];
  const started = (await SpareServer.start('mariadb', options))!;
  const [{ version }] = await started.query('SELECT VERSION() AS version');
  say(`MariaDB ${version} of its own`);
  return started;
}

/** As a person types it: its stdout and stderr are this process's. */
async function settle(args: readonly string[]): Promise<number> {
  say(`$ settle ${args.join(' ')}`);
  const [code] = await once(start([...args, '--log-level', 'error'], 'inherit'), 'exit');
  return code ?? 1;
}

function startWorker(number: number): Worker {
  const args = ['worker', '--threads', '1', '--lease', '5', '--log-format', 'json', '--log-level', 'info'];
  const child = start(args, 'pipe');
  const worker: Worker = { number, pid: child.pid!, held: new Set(), taken: 0, completed: 0 };
  createInterface(child.stderr!).on('line', (line) => void hear(worker, line));
  return worker;
}

/** A line of a worker's log. */
async function hear(worker: Worker, line: string): Promise<void> {
  let entry: { msg?: string; partition?: number; epoch?: number };
  try {
    entry = JSON.parse(line);
  } catch {
    say(`worker ${worker.number}: ${line}`);
    return;
  }
  const { msg, partition = -1, epoch = 0 } = entry;
  if (msg === 'partition taken') {
    worker.held.add(partition);
    worker.taken++;
    tell(`worker ${worker.number} takes partition ${partition}${epoch > 1 ? `: epoch ${epoch}` : ''}`);
    if (epoch > 1 && victim?.held.has(partition)) isTakenOver = true;
    victim ??= worker.taken === TAKEN_BEFORE_KILL ? worker : undefined;
    if (victim === worker && !hasKilled) await killInTheMiddle(worker, partition);
  } else if (msg === 'partition completed') {
    worker.held.delete(partition);
    worker.completed++;
  }
}

/** Stops it to see what the database says of the partition. If that is complete by now, its next one is tried. */
async function killInTheMiddle(worker: Worker, partition: number): Promise<void> {
  while (worker.held.has(partition)) {
    process.kill(worker.pid, 'SIGSTOP');
    const [row] = await server.query(
      `SELECT p.status, p.rows_expected, s.READ_COUNT AS rows_read
        FROM ${place.name}.settle_partition p
        JOIN ${place.name}.BATCH_STEP_EXECUTION s ON s.STEP_EXECUTION_ID = p.step_execution_id
        WHERE p.partition_no = ? AND p.owner_id IS NOT NULL`,
      [`${partition}`],
    );
    if (row?.status === 'STARTED' && Number(row.rows_read) > 0) {
      hasKilled = true;
      process.kill(worker.pid, 'SIGKILL');
      const done = `${grouped(row.rows_read)} of ${grouped(row.rows_expected)} rows committed`;
      tell(`kill -9 ${worker.pid}: worker ${worker.number} dies with partition ${partition}, ${done}`);
      return;
    }
    process.kill(worker.pid, 'SIGCONT');
    await sleep(15);
  }
}

/** Out of the job repository, not out of what the workers have said. */
async function tellWhoDidWhat(): Promise<void> {
  const rows = await server.query(
    `SELECT p.partition_no, p.epoch, p.attempts, COUNT(*) AS executions, SUM(s.READ_COUNT) AS rows_read
      FROM ${place.name}.settle_partition p
      JOIN ${place.name}.BATCH_STEP_EXECUTION s ON s.STEP_NAME = CONCAT(p.step_name, ':', p.partition_no)
      WHERE p.status = 'COMPLETED' AND p.owner_id IS NOT NULL GROUP BY p.partition_no, p.epoch, p.attempts ORDER BY p.partition_no`,
  );
  const sum = rows.reduce((total, { rows_read }) => total + Number(rows_read), 0);
  const shares = workers.map(
    (worker) => `worker ${worker.number} ${worker.completed}${worker === victim && hasKilled ? ', then killed' : ''}`,
  );
  say(`partitions completed: ${shares.join('; ')}`);
  for (const { partition_no, epoch, attempts, executions } of rows.filter(({ epoch }) => Number(epoch) > 1)) {
    say(`partition ${partition_no}: ${executions} step executions, ${attempts} attempts, epoch ${epoch}`);
  }
  say(`rows read in committed chunks of all ${rows.length} partitions: ${grouped(sum)}`);
}

function start(args: readonly string[], output: 'inherit' | 'pipe'): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SETTLE_'));
  const child = spawn(process.execPath, [SETTLE, ...args], {
    stdio: ['ignore', output, output],
    env: { ...Object.fromEntries(inherited), SETTLE_DATABASE_URL: place.url },
  });
  watch.add(child.pid!);
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

function cleanUp(): Promise<void> {
  cleaning ??= (async () => {
    const ends = [...children].map((child) => once(child, 'exit'));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ends);
    await watch.end();
    await server.stop();
  })();
  return cleaning;
}

function nameOf({ number, pid }: Worker): string {
  return `worker ${number} (process ${pid})`;
}

function tell(line: string): void {
  say(`${((performance.now() - runStartedMs) / 1000).toFixed(1).padStart(6)} s  ${line}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function grouped(value: unknown): string {
  return Number(value).toLocaleString('en-US');
}
