/**
 * The exit code is that of the work, whoever listens: readers that are gone, disks that are full, terminals that hang
 * up. And nothing hangs that two SIGTERMs cannot end. SQLite only: no database has a part in it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import BetterSqlite3 from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshPlatform, type TestDatabase } from '../../support/databases.ts';
import { compileCache, runSettle, SETTLE, startSettle } from '../../support/run-settle.ts';
import { isThorough } from '../../support/thorough.ts';

const DATE = '2026-11-20';
/** Its run fails with exit code 1, each time. */
const FAILING_DATE = '2026-11-21';

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await freshPlatform('sqlite');
  folder = mkdtempSync(join(tmpdir(), 'settle-shells-'));
  const seeded = await runSettle(['seed', '--rows', '2000', '--videos', '50', '--date', DATE], { url: database.url });
  expect(seeded.code).toBe(0);
  expect((await runSettle(['run', 'daily', '--date', DATE], { url: database.url })).code).toBe(0);
  change((connection) => {
    connection.exec(`CREATE TRIGGER broken BEFORE INSERT ON settle_statistics_run WHEN NEW.business_date = '${FAILING_DATE}'
      BEGIN SELECT RAISE(ABORT, 'broken on purpose'); END`);
    // verify finds it: exit code 20.
    connection.exec(
      'UPDATE video_daily_stats SET views = views + 1 WHERE video_id = (SELECT min(video_id) FROM video_daily_stats)',
    );
  });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.drop();
});

function change(work: (connection: BetterSqlite3.Database) => void): void {
  const connection = new BetterSqlite3(database.url.replace(/^sqlite:/, ''));
  try {
    work(connection);
  } finally {
    connection.close();
  }
}

function statuses(): string[] {
  let found: string[] = [];
  change((connection) => {
    found = connection.prepare('SELECT DISTINCT STATUS FROM BATCH_JOB_EXECUTION').pluck().all() as string[];
  });
  return found;
}

const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: compileCache,
  SETTLE_DATABASE_URL: database.url,
  NODE: process.execPath,
  SETTLE,
});

/** Runs a script of bash, in which `settle` is the program. Resolves to its standard output. */
async function shell(script: string): Promise<string> {
  const run = `settle() { "$NODE" "$SETTLE" "$@"; }\n${script}`;
  const { stdout } = await promisify(execFile)('bash', ['-c', run], { env: environment(), cwd: folder });
  return stdout;
}

interface Sink {
  readonly how: string;
  /** Nothing can be written, and nobody has chosen not to read: what only prints fails by it. */
  readonly isFull?: boolean;
  readonly isOften?: boolean;
}
const SINKS: readonly Sink[] = [
  { how: '| true', isOften: true },
  { how: '2>&1 | head -c 1', isOften: true },
  { how: '> >(true) 2> >(true)' },
  { how: '>&-' },
  { how: '2>&-', isOften: true },
  { how: '>&- 2>&- <&-' },
  { how: '2> /dev/full' },
  { how: '> /dev/full', isFull: true, isOften: true },
  { how: '> /dev/full 2> /dev/full', isFull: true },
];

interface Tried {
  readonly args: string;
  readonly code: number;
  /** Where its output is all that it is for. */
  readonly codeWhenFull?: number;
  readonly isOften?: boolean;
}
const COMMANDS: readonly Tried[] = [
  { args: `run daily --date ${FAILING_DATE}`, code: 1, isOften: true },
  { args: `run daily --date ${FAILING_DATE} --log-format text`, code: 1 },
  { args: `run daily --date ${DATE} --dry-run`, code: 0 },
  { args: `verify --date ${DATE}`, code: 20, isOften: true },
  { args: `run daily --date ${DATE}`, code: 0 },
  { args: `run daily --date ${DATE} --rerun --log-format text`, code: 0 },
  { args: 'run daily --date tomorrow', code: 2, isOften: true },
  { args: 'nonsense', code: 2 },
  { args: '--help', code: 0 },
  { args: 'doctor', code: 0 },
  { args: 'migrate', code: 0 },
  { args: 'migrate --status', code: 0 },
  { args: 'recover', code: 0 },
  { args: 'ledger verify', code: 0 },
  { args: 'ledger balances', code: 0, codeWhenFull: 1 },
  { args: `stats --date ${DATE} --format csv`, code: 0, codeWhenFull: 1, isOften: true },
  { args: `settlement --date ${DATE} --json`, code: 0, codeWhenFull: 1 },
  { args: 'runs', code: 0, codeWhenFull: 1 },
  { args: 'jobs', code: 0, codeWhenFull: 1 },
  { args: 'show --last --json', code: 0, codeWhenFull: 1 },
  { args: 'skipped 2', code: 0, codeWhenFull: 1 },
];

describe('whoever listens', () => {
  test.each(SINKS.filter(({ isOften }) => isThorough || isOften))('settle ... $how', async ({ how, isFull }) => {
    const commands = COMMANDS.filter(({ isOften }) => isThorough || isOften);
    const lines = commands.map(({ args }) => `settle ${args} ${how}; echo "code \${PIPESTATUS[0]}" >&9`);
    // A copy of the output, which no redirection touches.
    const output = await shell(`exec 9>&1\n${lines.join('\n')}`);
    const codes = [...output.matchAll(/^.*?code (\d+)$/gm)].map(([, code]) => Number(code));
    const expected = commands.map(({ code, codeWhenFull }) => (isFull ? (codeWhenFull ?? code) : code));
    expect(commands.map(({ args }, at) => [args, codes[at]])).toEqual(
      commands.map(({ args }, at) => [args, expected[at]]),
    );
    expect(statuses().sort()).toEqual(['COMPLETED', 'FAILED']);
  });

  test('a run whose standard error is gone goes on to its end', async () => {
    const output = await shell(
      `settle run daily --date ${DATE} --rerun --log-format text --log-level debug 2> >(true)`,
    );
    expect(output).toMatch(/^daily 2026-11-20: COMPLETED/);
  });

  test('no HOME, no TMPDIR, and a working folder that is removed', async () => {
    const output = await shell(
      `mkdir gone; cd gone; rmdir ../gone; unset HOME; export TMPDIR=/nonexistent; settle run daily --date ${DATE} --rerun`,
    );
    expect(output).toMatch(/^daily 2026-11-20: COMPLETED/);
  });
});

const LONG_SEED = [
  'run',
  'seed',
  '--date',
  DATE,
  '-p',
  'rows=5000000',
  '-p',
  'videos=100',
  '--chunk',
  '1000',
  '--workers',
  '1',
];

/** One that writes views; resolves as soon as it does. */
async function startLongRun(seed: number, env: Record<string, string> = {}) {
  const from = viewCount();
  const { child, outcome } = startSettle([...LONG_SEED, '-p', `seed=${seed}`], {
    url: database.url,
    env: { _: '', ...env },
  });
  while (child.exitCode === null && viewCount() === from) await new Promise((resolve) => setTimeout(resolve, 20));
  return { child, outcome };
}

function viewCount(): number {
  let rows = 0;
  change((connection) => {
    rows = connection.prepare('SELECT count(*) FROM view_log').pluck().get() as number;
  });
  return rows;
}

/** SIGTERM; when that is only taken note of, SIGTERM again. Resolves when the process has ended. */
async function terminateTwice(child: ChildProcess): Promise<NodeJS.Signals | number | null> {
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  const noticed = new Promise((resolve) => {
    child.stderr?.on('data', (data: Buffer) => data.includes('once more to end at once') && resolve(undefined));
  });
  child.kill('SIGTERM');
  await Promise.race([ended, noticed]);
  child.kill('SIGTERM');
  return await ended;
}

describe('signals', () => {
  test('SIGHUP stops a run after its chunk with exit code 129; a second one changes nothing', async () => {
    const { child, outcome } = await startLongRun(1);
    child.kill('SIGHUP');
    setTimeout(() => child.kill('SIGHUP'), 10);
    const { code, stderr } = await outcome;
    expect(stderr).toContain('settle: SIGHUP: stopping after the current chunk');
    expect(code).toBe(129);
    const shown = JSON.parse((await runSettle(['show', '--last', '--json'], { url: database.url })).stdout);
    expect(shown).toMatchObject({ job: 'seed', status: 'STOPPED' });
  });

  test('under nohup SIGHUP does nothing', async () => {
    const output = await shell(`
      nohup "$NODE" "$SETTLE" run seed --date ${DATE} -p rows=150000 -p videos=100 --chunk 1000 --workers 1 -p seed=2 > log 2>&1 &
      until grep -q 'step started' log; do sleep 0.05; done
      kill -HUP $!; wait $!; echo "code $?"`);
    expect(output).toBe('code 0\n');
  });

  test('two SIGTERMs end a run that waits for the lock of a rival', async () => {
    const { child } = await startLongRun(3);
    let ended: unknown;
    const rival = new BetterSqlite3(database.url.replace(/^sqlite:/, ''), { timeout: 30_000 });
    try {
      rival.exec('BEGIN IMMEDIATE');
      ended = await terminateTwice(child);
    } finally {
      rival.close();
    }
    expect(ended).toBe('SIGTERM');
    expect((await runSettle(['recover'], { url: database.url })).code).toBe(0);
  });

  test('a log that nobody reads does not hold up a run, and two SIGTERMs end the wait for its reader', async () => {
    const script = `mkfifo full; exec 3<>full; head -c 65536 /dev/zero >&3
      exec "$NODE" "$SETTLE" run daily --date ${DATE} --rerun 2>&3`;
    const child = spawn('bash', ['-c', script], { env: environment(), cwd: folder });
    const said = new Promise<string>((resolve) => {
      child.stdout.once('data', (data: Buffer) => resolve(data.toString()));
    });
    expect(await said).toMatch(/^daily 2026-11-20: COMPLETED/);
    const ended = new Promise((resolve) => {
      child.once('exit', (_code, signal) => resolve(signal));
    });
    child.kill('SIGTERM');
    // Nothing can be said about the first.
    setTimeout(() => child.kill('SIGTERM'), 200);
    expect(await ended).toBe('SIGTERM');
  });

  test('a file that nobody writes, and a server that does not answer, hold nobody up', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const waiting = startSettle(['run', 'daily', '--date', DATE], { url: `mysql://root@127.0.0.1:${port}/settle` });
    await new Promise((resolve) => silent.once('connection', resolve));
    expect(await terminateTwice(waiting.child)).toBe('SIGTERM');
    silent.close();
    // Killed before it has come to the file, it ends all the more.
    await shell('mkfifo nobody.csv');
    const reading = startSettle(['import', 'views', join(folder, 'nobody.csv')], { url: database.url });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await terminateTwice(reading.child)).toBe('SIGTERM');
  });
});
