/** `settle/testing`: what checkRestart finds, and what it lets pass. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Database, JobDefinition } from '../../../src/index.ts';
import { checkRestart, runInMemory } from '../../../src/testing/index.ts';
import * as jobs from '../../fixtures/jobs/faulty.ts';

const prepare = async ({ knex }: Database) => {
  await knex.schema.createTable('output', (table) => table.bigInteger('id').notNullable());
};

async function check(job: JobDefinition, killsMax: number) {
  const folder = mkdtempSync(join(tmpdir(), 'settle-check-'));
  const path = join(folder, 'out.txt');
  try {
    return await checkRestart(job, { parameters: { path }, prepare, files: [path], killsMax, faultsMax: 1 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test.each([
  ['a sound job', jobs.sound],
  ['a writer that cuts its file', jobs.fileCut],
])('finds nothing in %s', async (_name, job) => {
  expect(await check(job, 3)).toEqual([]);
});

test.each([
  ['a writer outside of the transaction', jobs.outsideOfTransaction],
  ['a reader whose order is not stable', jobs.unstableOrder],
  ['state in memory over a commit', jobs.stateInMemory],
  ['a file writer that does not cut', jobs.fileNotCut],
])('finds %s', async (_name, job) => {
  const faults = await check(job, 6);
  expect(faults).not.toEqual([]);
  expect(faults[0].where).toMatch(/^killed (before|after) commit \d+ of \d+$/);
  expect(faults[0].what).toMatch(/differs in|the restart ended with/);
});

test('a job runs in a test without a database of its own', async () => {
  const run = await runInMemory(jobs.sound, {}, { prepare, observe: ({ knex }) => knex('output').pluck('id') });
  expect(run).toMatchObject({ outcome: 'completed', observed: [1, 2, 3, 4, 5, 6], skipped: [] });
  expect(run.steps.map(({ stepName, writeCount }) => [stepName, writeCount])).toEqual([['copy', 6]]);
});
