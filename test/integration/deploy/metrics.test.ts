/** The alerts and the dashboard of deploy/ ask for metrics and labels that a scrape has; promtool tries the alerts. */
import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Registry } from '@prometheus-io/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseMetrics } from '../../../src/cli/metrics/database-metrics.ts';
import { measureProcess } from '../../../src/cli/metrics/process-metrics.ts';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { noteVerification } from '../../../src/ledger/last-verification.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { platformMetrics } from '../../../src/serve/metrics/platform-metrics.ts';
import { freshEngine, freshPlatform, sampledServers } from '../../support/databases.ts';
import { runSettle, startSettle } from '../../support/run-settle.ts';
import { type Bench, openBench, settle } from '../daily/support.ts';

const execute = promisify(execFile);
const DEPLOY = fileURLToPath(new URL('../../../deploy', import.meta.url));
const alerts = readFileSync(`${DEPLOY}/prometheus/settle-alerts.yml`, 'utf8');
const dashboard = readFileSync(`${DEPLOY}/grafana/settle.json`, 'utf8');
const { panels }: { panels: { title: string; targets: { expr: string }[] }[] } = JSON.parse(dashboard);

const promtool = await execute('promtool', ['--version']).then(
  () => true,
  () => false,
);

let bench: Bench;
let ofDatabase: string;
let exposed: string;
beforeAll(async () => {
  const rows = [...Array(50)].map((_, at) => ({
    ...{ id: BigInt(at + 1), videoId: 1n, viewerId: BigInt(at), playSeconds: 5, adViews: 0 },
    viewedAt: Date.UTC(2026, 10, 20, 3, 0, at),
  }));
  bench = await openBench('sqlite', { rows, videos: new Map([[1n, null]]) });
  const registry = new Registry();
  const measured = measureProcess(registry, { isWorker: true });
  await settle(bench.database, '2026-11-20', 'Asia/Seoul');
  await noteVerification(bench.database, await verifyLedger(bench.database), { knewEnds: false });
  measured.close();
  ofDatabase = await (await databaseMetrics(bench.database, [platformMetrics], new Date())).metrics();
  exposed = `${ofDatabase}\n${await registry.metrics()}`;
});
afterAll(() => bench.drop());

/** Of a process that answers /metrics, from what it says. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stderr!.on('data', (data: Buffer) => {
      const found = /(?:"url":"|serving at )([^"\s]+)/.exec(String(data))?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('close', () => reject(new Error('the process ended')));
  });
}

const metricsOfWorkers = [
  ...['settle_chunk_seconds', 'settle_retries_total', 'settle_takeovers_total', 'settle_lease_lost_total'],
  ...['settle_worker_active_partitions', 'settle_worker_partitions_total'],
];
const metricsIn = (text: string) => [...new Set(text.match(/\bsettle_[a-z_]+(?<!_)/g))];

test.each(['alerts', 'dashboard'])('every metric of the %s is exposed', (what) => {
  const names = metricsIn(
    what === 'alerts' ? alerts : panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n'),
  );
  expect(names.length).toBeGreaterThan(5);
  // Of the service itself, not of the database.
  const missing = names.filter(
    (name) =>
      !exposed.includes(`# TYPE ${name.replace(/_bucket$/, '')} `) && !/^settle_http_request_seconds/.test(name),
  );
  expect(missing).toEqual([]);
});

test('a scrape after a settled night: the database answers, nothing waits, the sum is 0', () => {
  expect(exposed).toMatch(/^settle_database_up 1$/m);
  expect(exposed).toMatch(/^settle_job_last_seconds\{name="daily",status="COMPLETED"\} \d/m);
  expect(exposed).toMatch(/^settle_outbox_messages\{state="waiting"\} 0$/m);
  expect(exposed).toMatch(/^settle_outbox_oldest_seconds 0$/m);
  expect(exposed).toMatch(/^settle_ledger_sum 0$/m);
});

test('each committed chunk is in the histogram of its step; nothing was tried again or taken over', () => {
  const committed = [
    ...exposed.matchAll(/^settle_step_last_items\{job_name="daily",name="([^"]+)",kind="committed"\} ([1-9]\d*)$/gm),
  ];
  const chunks = [...exposed.matchAll(/^settle_chunk_seconds_count\{job_name="daily",name="([^"]+)"\} (\d+)$/gm)];
  const counts = (found: RegExpMatchArray[]) => found.map(([, step, count]) => `${step} ${count}`).sort();
  expect(chunks.length).toBeGreaterThan(0);
  expect(counts(chunks)).toEqual(counts(committed));
  for (const series of ['settle_job_takeovers{name="daily"}', 'settle_retries_total{job_name="daily"}'])
    expect(exposed).toContain(`\n${series} 0\n`);
  expect(exposed.match(/^settle_step_retries\{.*\} [^0]/gm)).toBeNull();
  expect(exposed).toContain('\nsettle_lease_lost_total{job_name="daily",kind="run"} 0\n');
});

test('where tables of the platform are not there, or nothing has happened yet, nothing is said of them', async () => {
  const place = await freshEngine('sqlite');
  const engine = await openDatabase(place.url);
  const whole = await freshPlatform('sqlite');
  const fresh = await openDatabase(whole.url);
  try {
    const scrape = async (database: Database) =>
      await (await databaseMetrics(database, [platformMetrics], new Date())).metrics();
    const ofEngine = await scrape(engine);
    expect(ofEngine).toMatch(/^settle_database_up 1$/m);
    expect(ofEngine).toMatch(/^settle_skipped_records_waiting 0$/m);
    expect(ofEngine).not.toMatch(/ledger|outbox|view/);
    const ofFresh = await scrape(fresh);
    expect(ofFresh).toMatch(/^settle_ledger_sum 0$/m);
    // A ledger that nobody has verified is not a broken one.
    expect(ofFresh).not.toMatch(/settle_ledger_sound|settle_last_date/);
    await engine.close();
    const away = await scrape(engine);
    expect(away.match(/^settle_\S+ .*/gm)).toEqual(['settle_database_up 0']);
  } finally {
    await engine.close();
    await fresh.close();
    await place.drop();
    await whole.drop();
  }
});

test('settle metrics prints the same names, and writes a file in one step', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'settle-metrics-'));
  try {
    const url = bench.test.url;
    const printed = await runSettle(['metrics'], { url });
    expect([printed.code, printed.stderr]).toEqual([0, '']);
    expect(metricsIn(printed.stdout).sort()).toEqual(metricsIn(ofDatabase).sort());
    const file = join(folder, 'settle.prom');
    expect(await runSettle(['metrics', '--file', file], { url })).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(file, 'utf8')).toContain('settle_database_up 1');
    expect(readdirSync(folder)).toEqual(['settle.prom']);
    const nowhere = await runSettle(['metrics', '--file', join(folder, 'a', 'b.prom')], { url });
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringMatching(/^settle: --file .* \(ENOENT\)[^\n]*\n$/) });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('--metrics-file is written by a run that fails, and by one that is refused; the exit codes are those of the runs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'settle-metrics-'));
  const url = bench.test.url;
  const file = join(folder, 'settle.prom');
  try {
    // Of a video that is not there.
    const view = { id: 51, viewer_id: 1, video_id: 99, play_seconds: 5, ad_views: 0 };
    await bench.database.knex('view_log').insert({ ...view, viewed_at: '2026-11-21 03:00:00.000' });
    const args = ['--date', '2026-11-21', '-p', 'skip-limit=0', '--metrics-file', file];
    const failed = await runSettle(args, { url });
    expect(failed.code, failed.stderr).not.toBe(0);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^settle_job_last_seconds\{name="daily",status="FAILED"\} \d/m);
    // What that process did itself.
    expect(text).toContain('# TYPE settle_chunk_seconds histogram');
    expect(text).toMatch(/^settle_lease_lost_total\{job_name="daily",kind="run"\} 0$/m);
    rmSync(file);
    const refused = await runSettle(['run', 'daily', '--date', '2999-01-01', '--metrics-file', file], { url });
    expect(refused.code).toBe(2);
    expect(readFileSync(file, 'utf8')).toContain('settle_database_up 1');
    expect(readdirSync(folder)).toEqual(['settle.prom']);
    const nowhere = await runSettle([...args.slice(0, 2), '--metrics-file', join(folder, 'a', 'b.prom')], { url });
    expect([nowhere.code, nowhere.stderr]).toEqual([
      3,
      expect.stringContaining('settle: the metrics were not written: '),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a relay answers /metrics with what it has done, and refuses an address that is none', async () => {
  const args = ['relay', '--sink', 'http://127.0.0.1:9/', '--metrics-listen'];
  const wrong = await runSettle([...args, 'here'], { url: bench.test.url });
  expect(wrong).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^settle: --metrics-listen: "here" is no address/),
  });
  const { child, outcome } = startSettle([...args, '127.0.0.1:0'], {
    url: bench.test.url,
    env: { SETTLE_LOG: 'info' },
  });
  const address = await addressOf(child);
  const text = await (await fetch(address)).text();
  for (const kind of ['sent', 'failed', 'dead'])
    expect(text).toMatch(new RegExp(`^settle_relay_messages_total\\{outcome="${kind}"\\} 0$`, 'm'));
  expect((await fetch(new URL('/', address))).status).toBe(404);
  child.kill('SIGTERM');
  expect((await outcome).code).toBe(143);
});

describe.each(sampledServers(import.meta.url))('a project of jobs of its own on $name', ({ name }) => {
  test('has the metrics of the engine, and workers that answer /metrics', async () => {
    const place = await freshEngine(name);
    const cwd = mkdtempSync(join(tmpdir(), 'settle-metrics-'));
    const { url } = place;
    try {
      const job = `{ name: 'own', description: '', parameters: [], steps: [{ kind: 'tasklet', name: 'a', run: async () => {} }] }`;
      writeFileSync(join(cwd, 'settle.config.mjs'), "export default { jobs: ['own.mjs'] };");
      writeFileSync(join(cwd, 'own.mjs'), `export default ${job};`);
      const file = join(cwd, 'own.prom');
      const ran = await runSettle(['run', 'own', '--metrics-file', file], { url, cwd });
      expect(ran.code, ran.stderr).toBe(0);
      expect(readFileSync(file, 'utf8')).toMatch(/^settle_job_last_seconds\{name="own",status="COMPLETED"\} \d/m);
      expect(readFileSync(file, 'utf8')).toMatch(/^settle_database_up 1$/m);

      const both = await runSettle(['metrics', '--listen', ':0', '--file', file], { url, cwd });
      expect([both.code, both.stderr]).toEqual([
        2,
        expect.stringMatching(/^settle: --file and --listen say two things/),
      ]);
      const served = startSettle(['metrics', '--listen', '127.0.0.1:0'], { url, cwd });
      const scraped = await (await fetch(await addressOf(served.child))).text();
      expect(scraped).toMatch(/^settle_job_executions\{name="own",status="COMPLETED"\} 1$/m);
      served.child.kill('SIGTERM');
      expect((await served.outcome).code).toBe(0);

      const args = ['worker', '--metrics-listen'];
      const wrong = await runSettle([...args, 'here'], { url, cwd });
      expect(wrong).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^settle: --metrics-listen: "here" is no/),
      });
      const { child, outcome } = startSettle([...args, '127.0.0.1:0'], { url, cwd, env: { SETTLE_LOG: 'info' } });
      const text = await (await fetch(await addressOf(child))).text();
      for (const metric of metricsOfWorkers) expect(text).toContain(`# TYPE ${metric} `);
      expect(text).toMatch(/^settle_worker_active_partitions 0$/m);
      expect(text).toMatch(/^process_resident_memory_bytes [1-9]/m);
      child.kill('SIGTERM');
      expect((await outcome).code).toBe(143);
    } finally {
      rmSync(cwd, { recursive: true });
      await place.drop();
    }
  });
});

describe.runIf(promtool)('promtool, where it is there', () => {
  test('finds the alerts silent in a good night and each one firing in a bad one', async () => {
    const cwd = `${DEPLOY}/prometheus`;
    expect((await execute('promtool', ['check', 'rules', 'settle-alerts.yml'], { cwd })).stdout).toContain(
      '11 rules found',
    );
    expect((await execute('promtool', ['test', 'rules', 'settle-alerts.test.yml'], { cwd })).stdout).toContain(
      'SUCCESS',
    );
  });
});
