/** What a run tells machines: log records with the run's fields, and OpenTelemetry spans to a provider of the user's. */
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshPlatform, type TestDatabase } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';
import type { WrittenSpan } from '../../support/tracer.ts';

const DATE = '2026-11-20';
const TRACER = new URL('../../support/tracer.ts', import.meta.url).href;

let database: TestDatabase;
let spansFile: string;
beforeEach(async () => {
  database = await freshPlatform('sqlite');
  spansFile = join(tmpdir(), `settle-spans-${process.pid}-${Date.now()}`);
  await runSettle(['seed', '--rows', '3000', '--videos', '20', '--date', DATE], { url: database.url });
});
afterEach(async () => {
  await database.drop();
  rmSync(spansFile, { force: true });
});

const run = (...flags: string[]) =>
  runSettle(['--date', DATE, '--workers', '1', '--chunk', '1000', ...flags], {
    url: database.url,
    env: { NODE_OPTIONS: `--import ${TRACER}`, TEST_SPANS: spansFile, SETTLE_LOG: 'debug' },
  });

function spans(): WrittenSpan[] {
  const lines = readFileSync(spansFile, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

function records(stderr: string): Record<string, unknown>[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

test('spans of job, step, partition and chunk form one tree, across threads', async () => {
  expect((await run()).code).toBe(0);
  const all = spans();
  const parentOf = (span: WrittenSpan) => all.find(({ id }) => id === span.parent);
  const named = (name: string) => all.filter((span) => span.name === `settle.${name}`);
  const [job] = named('job');
  expect(named('job')).toHaveLength(1);
  expect(job.attributes).toMatchObject({ 'settle.job': 'daily', 'settle.businessDate': DATE });
  expect(job.attributes).toMatchObject({ 'settle.execution': 2, 'settle.status': 'COMPLETED' });
  expect(new Set(all.map((span) => span.trace)).size).toBe(1);
  expect(named('step').length).toBeGreaterThan(2);
  expect(named('step').every((span) => parentOf(span) === job)).toBe(true);
  expect(named('partition').map((span) => parentOf(span)?.attributes['settle.kind'])).toContain('partitioned');
  const chunks = named('chunk').filter(({ thread }) => thread === 'worker');
  expect(chunks.reduce((sum, span) => sum + Number(span.attributes['settle.rows']), 0)).toBe(3000);
  expect(chunks.every((span) => parentOf(span)?.name === 'settle.partition')).toBe(true);
});

test('log records carry the run they belong to', async () => {
  const { stderr } = await run('--log-format', 'json');
  const all = records(stderr).filter(({ job }) => job === 'daily');
  expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([]);
  expect(all.length).toBeGreaterThan(3);
  for (const record of all) expect(record).toMatchObject({ job: 'daily', execution: 2, businessDate: DATE });
  expect(all.some(({ step, partition }) => typeof step === 'string' && partition === 0)).toBe(true);
  expect(all.at(-1)).toMatchObject({ msg: 'job ended', status: 'COMPLETED' });
});

test('a failure is one record, one message and one failed span', async () => {
  const open = await openDatabase(database.url);
  await open.knex.schema.dropTable('video_daily_stats');
  await open.close();
  const { code, stderr } = await runSettle(['--date', DATE], {
    url: database.url,
    env: { NODE_OPTIONS: `--import ${TRACER}`, TEST_SPANS: spansFile },
  });
  expect(code).toBe(2);
  const failures = records(stderr).filter(({ level }) => level === 'error');
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatchObject({ msg: 'job ended', status: 'FAILED', code: 'DATABASE_TABLE_MISSING' });
  const messages = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
  expect(messages).toHaveLength(1);
  expect(messages[0]).toMatch(/^settle: the database lacks a table.*video_daily_stats.*platform.s own/);
  const job = spans().find(({ name }) => name === 'settle.job');
  expect(job).toMatchObject({ status: { code: 2 }, attributes: { 'settle.error_code': 'DATABASE_TABLE_MISSING' } });
});
