/**
 * What a container is promised, without a container: stopped within the grace period by SIGTERM, its exit codes, its
 * termination message, a file system that cannot be written, no home, and an environment of next to nothing.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';
import { SETTLE } from '../../support/run-settle.ts';

const DATE = '2026-11-20';
/** Nobody can write there, not even root; on other systems than Linux the temporary folder has to do. */
const READ_ONLY = process.platform === 'linux' ? '/proc' : tmpdir();
const GRACE_MS = 30_000;

const folder = mkdtempSync(join(tmpdir(), 'settle-pod-'));
afterAll(() => rmSync(folder, { recursive: true }));
const terminationLog = join(folder, 'termination-log');

let database: TestDatabase;
beforeEach(async () => {
  rmSync(terminationLog, { force: true });
  database = await freshDatabase('mariadb');
});
afterEach(() => database.drop());

/** As a pod starts it: by a shell that `exec`s it. */
function start(...args: string[]) {
  const env = {
    PATH: dirname(process.execPath),
    SETTLE_DATABASE_URL: database.url,
    SETTLE_TERMINATION_LOG: terminationLog,
  };
  const child = spawn('/bin/sh', ['-c', `exec node ${SETTLE} "$@"`, 'sh', ...args], { cwd: READ_ONLY, env });
  child.stdout.resume();
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => {
    stderr += data;
  });
  const ended = new Promise<{ code: number | null; stderr: string; message: Record<string, unknown> | undefined }>(
    (resolve) => child.once('close', (code) => resolve({ code, stderr, message: terminationMessage() })),
  );
  return { child, ended };
}

function terminationMessage(): Record<string, unknown> | undefined {
  try {
    const text = readFileSync(terminationLog);
    expect(text.length).toBeLessThan(4096);
    expect(text.toString()).toMatch(/^\{.*\}\n$/);
    return JSON.parse(text.toString());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function rowCount(): Promise<number> {
  const open = await openDatabase(database.url);
  const [row] = await open.knex('view_log').count({ rows: '*' });
  await open.close();
  return Number(row.rows);
}

test('the life of a job: no schema, migrated, stopped, continued, complete, elsewhere', async () => {
  const early = await start('--date', DATE).ended;
  expect(early).toMatchObject({
    code: 10,
    message: { exitCode: 10, message: expect.stringContaining('no settle tables') },
  });
  expect((await start('migrate').ended).code).toBe(0);
  expect((await start('--date', '2026-11-31').ended).code).toBe(2);

  const size = ['-p', 'rows=600000', '-p', 'videos=50', '--workers', '1', '--chunk', '1000'];
  const seed = ['run', 'seed', '--date', DATE, ...size];
  const first = start(...seed);
  while (first.child.exitCode === null && (await rowCount()) === 0) await sleep(20);
  // The same instance elsewhere: Kubernetes looks again later.
  expect(await start(...seed).ended).toMatchObject({ code: 11, message: { exitCode: 11 } });
  const stoppedAt = performance.now();
  first.child.kill('SIGTERM');
  const stopped = await first.ended;
  expect(performance.now() - stoppedAt).toBeLessThan(GRACE_MS / 3);
  expect(stopped).toMatchObject({ code: 143, message: { exitCode: 143, job: 'seed', status: 'STOPPED' } });

  expect(await start(...seed).ended).toMatchObject({ code: 0, message: { exitCode: 0, status: 'COMPLETED' } });
  expect(await rowCount()).toBe(600_000);
  const settled = await start('--date', DATE).ended;
  const message = { exitCode: 0, job: 'daily', businessDate: DATE, status: 'COMPLETED' };
  expect(settled).toMatchObject({ code: 0, message });
  expect(await start('--date', DATE).ended).toMatchObject({ code: 0, message });
});

test('the log of a pod is JSON objects, but for messages that say so', async () => {
  await start('migrate').ended;
  const { stderr } = await start('--date', DATE, '--log-format', 'json').ended;
  for (const line of stderr.trimEnd().split('\n')) expect(line).toMatch(/^(\{.*\}|settle: .+)$/);
});
