/**
 * A file that changes while its rows are written: the run fails, nothing is there that the file did not hold when it
 * was checked, and a restart with the true file ends as if nothing had been. Every kind of file, every kind of change.
 */
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { FILE_CHANGED } from '../../../src/jobs/import/file-blocks.ts';
import { importJob } from '../../../src/jobs/import/import-job.ts';
import { type ImportKind, importKinds, importParameters } from '../../../src/jobs/import/import-parameters.ts';
import { type JobRunResult, type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { isThorough } from '../../support/thorough.ts';

const ROWS = 240;
const CHUNK_ROWS = 30;
/** Blanks behind each line: the file is longer than what is read ahead. */
const LINE_BYTES = 6_000;

interface Kind {
  readonly header: string;
  readonly line: (id: number) => string;
  readonly table: string;
  readonly key: string;
  /** The column of which every row of the true file has 12, and no row of an overwritten one. */
  readonly value: string;
}

const kinds: Readonly<Record<ImportKind, Kind>> = {
  'deposit-accounts': {
    header: 'id,product,opened_on',
    line: (id) => `${id},12,2026-11-20`,
    table: 'deposit_account',
    key: 'id',
    value: 'product',
  },
  'deposit-entries': {
    header: 'id,account_id,value_date,amount',
    line: (id) => `${id},1,2026-11-20,12`,
    table: 'deposit_entry',
    key: 'id',
    value: 'amount',
  },
  views: {
    header: 'id,video_id,viewer_id,viewed_at,play_seconds',
    line: (id) => `${id},5,7,2026-11-20T00:00:00Z,12`,
    table: 'view_log',
    key: 'id',
    value: 'play_seconds',
  },
  videos: {
    header: 'id,creator_id',
    line: (id) => `${id},12`,
    table: 'video',
    key: 'id',
    value: 'creator_id',
  },
  challenges: {
    header: 'id,start_date,end_date,stake',
    line: (id) => `${id},2026-11-20,2026-11-21,12`,
    table: 'challenge',
    key: 'id',
    value: 'stake',
  },
  members: {
    header: 'id,challenge_id,user_id,joined_at,stake',
    line: (id) => `${id},1,${id},2026-11-10T00:00:00Z,12`,
    table: 'challenge_member',
    key: 'id',
    value: 'stake',
  },
  proofs: {
    header: 'id,challenge_id,proof_date,user_id',
    line: (id) => `${id},1,2026-11-20,12`,
    table: 'challenge_proof',
    key: 'id',
    value: 'user_id',
  },
  grants: {
    header: 'key,user_id,granted_at,expires_at,reason,amount',
    line: (id) => `g${id},${id},2026-11-01,,test,12`,
    table: 'settle_entry',
    key: 'journal_id',
    value: 'amount',
  },
  coupons: {
    header: 'id,opens_at,closes_at,quota',
    line: (id) => `${id},2026-11-20T00:00:00Z,2026-11-21T00:00:00Z,12`,
    table: 'coupon',
    key: 'id',
    value: 'quota',
  },
  'coupon-requests': {
    header: 'id,coupon_id,requested_at,user_id',
    line: (id) => `${id},1,2026-11-20T00:00:00Z,12`,
    table: 'coupon_request',
    key: 'id',
    value: 'user_id',
  },
  'stock-movements': {
    header: 'id,product_id,kind,reservation_id,happened_at,quantity',
    line: (id) => `${id},1,receive,,2026-11-20T00:00:00Z,12`,
    table: 'stock_movement',
    key: 'id',
    value: 'quantity',
  },
  'payment-orders': {
    header: 'id,user_id,status,created_at,amount',
    line: (id) => `${id},7,PAID,2026-11-20T00:00:00Z,12`,
    table: 'payment_order',
    key: 'id',
    value: 'amount',
  },
  'payment-approvals': {
    header: 'id,order_id,status,approved_at,amount',
    line: (id) => `${id},${id},APPROVED,2026-11-20T00:00:00Z,12`,
    table: 'payment_approval',
    key: 'id',
    value: 'amount',
  },
};

type Change = (path: string, content: string) => void;

const changes: Readonly<Record<string, Change>> = {
  'is truncated': (path, content) => truncateSync(path, Math.floor(content.length * 0.8)),
  'is truncated to nothing': (path) => truncateSync(path, 0),
  'is appended to': (path, content) => appendFileSync(path, content.slice(-LINE_BYTES)),
  'is overwritten with other values': (path, content) => writeFileSync(path, content.replaceAll(/12( +\n)/g, '13$1')),
  'is replaced by another file': (path, content) => {
    writeFileSync(`${path}.new`, content.replaceAll(/12( +\n)/g, '13$1'));
    renameSync(`${path}.new`, path);
  },
  'is removed': (path) => unlinkSync(path),
};

const folder = mkdtempSync(join(tmpdir(), 'settle-changed-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(sampledDatabases(import.meta.url))('a file on $name that changes', { timeout: 120_000 }, ({ name }) => {
  let bench: TestDatabase;
  let database: Database;
  let firstId = 1;

  beforeAll(async () => {
    bench = await freshPlatform(name);
    database = await openDatabase(bench.url);
    await load('challenges', `id,start_date,end_date,stake\n1,2026-11-20,2026-11-21,1\n`);
  });
  afterAll(async () => {
    await database.close();
    await bench.drop();
  });

  async function run(kind: ImportKind, path: string, options: RunJobOptions = {}): Promise<JobRunResult> {
    const { parameters } = await importParameters(kind, { file: path });
    return await runJob(database, importJob(kind), parameters, options);
  }
  async function load(kind: ImportKind, content: string): Promise<void> {
    const path = join(folder, `${name}-first.csv`);
    writeFileSync(path, content);
    expect(await run(kind, path)).toMatchObject({ outcome: 'completed' });
  }
  /** The values of the rows with these ids that are there. */
  async function stored(kind: ImportKind, from: number): Promise<string[]> {
    const { table, key, value } = kinds[kind];
    const { knex } = database;
    if (kind === 'grants') {
      const keys = Array.from({ length: ROWS }, (_, i) => `g${from + i}`);
      const rows = await knex('settle_entry as e')
        .join('settle_journal as j', 'j.id', 'e.journal_id')
        .whereIn('j.journal_key', keys)
        .where('e.amount', '>', 0)
        .select('e.amount');
      return rows.map(({ amount }) => String(amount));
    }
    const rows = await knex(table)
      .whereBetween(key, [from, from + ROWS - 1])
      .select(value);
    return rows.map((row) => String(row[value]));
  }

  // Every kind of file and every change, though not each with each, unless everything is asked for.
  const cases = importKinds.flatMap((kind, k) =>
    Object.keys(changes).flatMap((change, c) => {
      const turn = (c + k + (name === 'mysql' ? 1 : 0)) % importKinds.length;
      return isThorough || turn === 0 || (name === 'sqlite' && turn === 3) ? [[kind, change] as const] : [];
    }),
  );
  test.each(cases)('while its %s are written: %s', async (kind, change) => {
    const from = firstId;
    firstId += ROWS;
    const { header, line } = kinds[kind];
    const lines = Array.from({ length: ROWS }, (_, i) => line(from + i).padEnd(LINE_BYTES - 1));
    const content = `${[header, ...lines].join('\n')}\n`;
    const path = join(folder, `${name}-${kind}.csv`);
    writeFileSync(path, content);
    if (kind === 'members') {
      const grants = Array.from({ length: ROWS }, (_, i) => `m${from + i},${from + i},2026-11-01,,stake,12`);
      await load('grants', `key,user_id,granted_at,expires_at,reason,amount\n${grants.join('\n')}\n`);
    }
    let isChanged = false;
    const failed = await run(kind, path, {
      chunkSize: CHUNK_ROWS,
      progress: (event) => {
        if (isChanged || event.type !== 'advanced' || event.step === 'check-file') return;
        isChanged = true;
        changes[change](path, content);
      },
    });
    expect(failed).toMatchObject({ outcome: 'failed', exitCode: 2, error: { code: FILE_CHANGED } });
    expect(failed.execution).toMatchObject({ status: 'FAILED' });
    expect(failed.execution.exitMessage).toContain('the file is not the one that was checked');
    const written = await stored(kind, from);
    expect(new Set(written)).toEqual(new Set(['12']));

    writeFileSync(path, content);
    const again = await run(kind, path, { chunkSize: CHUNK_ROWS });
    expect(again).toMatchObject({ outcome: 'completed' });
    expect(again.execution.jobInstanceId).toBe(failed.execution.jobInstanceId);
    expect(await stored(kind, from)).toEqual(Array.from({ length: ROWS }, () => '12'));
  });
});
