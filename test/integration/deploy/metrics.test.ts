/** The alerts and the dashboard of deploy/ ask for metrics and labels that a scrape has; promtool tries the alerts. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Registry } from '@prometheus-io/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseMetrics } from '../../../src/serve/metrics/database-metrics.ts';
import { runSettle } from '../../support/run-settle.ts';
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
let exposed: string;
beforeAll(async () => {
  bench = await openBench('sqlite');
  await settle(bench.database, '2026-11-20', 'Asia/Seoul');
  const registry = new Registry();
  await new DatabaseMetrics(bench.database, registry).collect(new Date());
  exposed = await registry.metrics();
});
afterAll(() => bench.drop());

const metricsIn = (text: string) => [...new Set(text.match(/\bsettle_[a-z_]+(?<!_)/g))];

test.each(['alerts', 'dashboard'])('every metric of the %s is exposed', (what) => {
  const names = metricsIn(
    what === 'alerts' ? alerts : panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n'),
  );
  expect(names.length).toBeGreaterThan(5);
  // Of the service itself, not of the database.
  const missing = names.filter(
    (name) => !exposed.includes(`# TYPE ${name} `) && !/^settle_http_request_seconds/.test(name),
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

test('settle metrics prints the same names, and writes a file in one step', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'settle-metrics-'));
  try {
    const url = bench.test.url;
    const printed = await runSettle(['metrics'], { url });
    expect([printed.code, printed.stderr]).toEqual([0, '']);
    expect(metricsIn(printed.stdout).sort()).toEqual(metricsIn(exposed).sort());
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

describe.runIf(promtool)('promtool, where it is there', () => {
  test('finds the alerts silent in a good night and each one firing in a bad one', async () => {
    const cwd = `${DEPLOY}/prometheus`;
    expect((await execute('promtool', ['check', 'rules', 'settle-alerts.yml'], { cwd })).stdout).toContain(
      '8 rules found',
    );
    expect((await execute('promtool', ['test', 'rules', 'settle-alerts.test.yml'], { cwd })).stdout).toContain(
      'SUCCESS',
    );
  });
});
