/**
 * The pods of deploy/kubernetes/indexed-job.yaml and workers.yaml, without a cluster: the commands of the manifests, as a
 * pod's shell runs them, with one index started twice and one worker drained in its work. And the question that KEDA asks.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { buildLog } from '../../oracles/logs.ts';
import { SETTLE } from '../../support/run-settle.ts';
import { expectAsOracle, leftOvers, openBench } from '../daily/support.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const GRACE_MS = 30_000;
const zone = 'Asia/Seoul';
const date = '2024-01-15';

const folder = mkdtempSync(join(tmpdir(), 'settle-pods-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'settle'), `#!/bin/sh\nexec node ${SETTLE} "$@"\n`, { mode: 0o755 });

// biome-ignore lint/suspicious/noExplicitAny: a manifest is what the file holds
function containerOf(file: string): any {
  const [manifest] = parseAllDocuments(readFileSync(`${ROOT}/deploy/kubernetes/${file}`, 'utf8'));
  return manifest.toJS().spec.template.spec.containers[0];
}

/** As a pod starts it, with next to nothing in its environment. */
function startPod(url: string, command: readonly string[], variables: Readonly<Record<string, string>>) {
  const log = join(folder, `termination-log-${Math.random()}`);
  const child = spawn(command[0], command.slice(1), {
    env: {
      PATH: [folder, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
      SETTLE_DATABASE_URL: url,
      SETTLE_TERMINATION_LOG: log,
      SETTLE_WORKERS: '1',
      ...variables,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => {
    stderr += data;
  });
  const ended = new Promise<{ code: number | null; stderr: string; message: Record<string, unknown> }>((resolve) =>
    child.once('close', (code) => resolve({ code, stderr, message: JSON.parse(readFileSync(log, 'utf8')) })),
  );
  return { child, ended };
}

test('settle the date once, whoever of them is started twice or drained', { timeout: 180_000 }, async () => {
  const log = buildLog('repeats', 31, 3000, date, zone);
  const bench = await openBench('mariadb', log);
  const { database } = bench;
  const waiting = /query: >-\n((?: {8}.*\n)+)/.exec(readFileSync(`${ROOT}/docs/operations.md`, 'utf8'))![1];
  const partitionsWaiting = async () => Number(Object.values((await database.knex.raw(waiting))[0][0])[0]);
  const { command } = containerOf('indexed-job.yaml');
  const pod = (index: number) =>
    startPod(bench.test.url, command, { JOB_COMPLETION_INDEX: `${index}`, BUSINESS_DATE: date });
  expect(await partitionsWaiting()).toBe(0);
  // Whoever has a partition waits in its first chunk until this lock is gone.
  const gate = await database.knex.transaction();
  await gate.raw('LOCK TABLES settle_partial READ');
  const pods = [pod(0), pod(1), pod(1)];
  try {
    const args: string[] = containerOf('workers.yaml').args;
    const drained = startPod(bench.test.url, ['settle', ...args], {});
    pods.push(drained);
    const taken = () =>
      database.knex('settle_partition').where({ status: 'STARTED' }).whereNotNull('owner_id').distinct('owner_id');
    while ((await taken()).length < pods.length) await sleep(300);
    expect(await partitionsWaiting()).toBeGreaterThanOrEqual(pods.length);
    const stoppedAt = performance.now();
    drained.child.kill('SIGTERM');
    await gate.raw('UNLOCK TABLES');
    await gate.rollback();
    expect(await drained.ended).toMatchObject({ code: 143, message: { exitCode: 143 } });
    expect(performance.now() - stoppedAt).toBeLessThan(GRACE_MS);
    const run = await pods[0].ended;
    expect(run.code, run.stderr).toBe(0);
    expect(run.message).toMatchObject({ exitCode: 0, job: 'daily', businessDate: date, status: 'COMPLETED' });
    // As Kubernetes does when the Job has succeeded.
    for (const { child } of pods.slice(1, 3)) child.kill('SIGTERM');
    for (const { ended } of pods.slice(1, 3)) {
      expect(await ended).toMatchObject({ code: 143, message: { exitCode: 143, partitionsFailed: 0 } });
    }
    await expectAsOracle(database, log, date, zone);
    expect(await leftOvers(database)).toEqual([]);
    expect(await partitionsWaiting()).toBe(0);
    expect(Number((await database.knex('BATCH_JOB_EXECUTION').count({ rows: '*' }))[0].rows)).toBe(1);
  } finally {
    for (const { child } of pods) child.kill('SIGKILL');
    if (!gate.isCompleted()) await gate.rollback();
    await bench.drop();
  }
});
