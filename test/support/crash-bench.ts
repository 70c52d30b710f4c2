/**
 * A database in which one date is settled again and again, each time from the same start, and a picture of everything
 * that a run leaves behind and that must not depend on how often it was killed. Knows nothing of vitest, so that
 * test/soak can use it too.
 */
import { copyFileSync, rmSync } from 'node:fs';
import mysql from 'mysql2/promise';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import { verifyLedger } from '../../src/ledger/verify-ledger.ts';
import { buildLog } from '../oracles/logs.ts';
import { type Log, writeLog } from '../oracles/read-log.ts';
import { installSchema } from './install-schema.ts';

export const crashDate = '2026-11-20';
export const crashZone = 'Asia/Seoul';

/** Small, but with every kind of dirt, views that partitions must leave open, and rows without a time. */
const crashLog = buildLog('dirty', 7, 240, crashDate, crashZone);

/** Two partitions of a few chunks each; `workers` decides how they interleave. */
export function crashArgs(workers: number): string[] {
  return ['--date', crashDate, '--zone', crashZone, '--workers', `${workers}`, '--partitions', '2', '--chunk', '110'];
}

export interface CrashBench {
  readonly url: string;
  /** Brings the database back to its start: the log, and nothing else. No settle may be running on it. */
  reset(): Promise<void>;
}

/**
 * Of an empty database that the caller has created and drops.
 * @param log null: no log, for jobs that write one
 */
export async function openCrashBench(url: string, log: Log | null = crashLog): Promise<CrashBench> {
  await installSchema(url);
  if (log !== null) await writeLog(url, log);
  if (url.startsWith('sqlite:')) return { url, reset: sqliteReset(url.slice('sqlite:'.length)) };
  await allowDeletes(url);
  return { url, reset: serverReset(url, log === null ? [] : ['view_log', 'video']) };
}

/** The closed file is whole, without its WAL: a copy of it is a database. */
function sqliteReset(path: string): () => Promise<void> {
  const start = `${path}-start`;
  copyFileSync(path, start);
  return async () => {
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    copyFileSync(start, path);
  };
}

/** The reset deletes what is never deleted; triggers against changes stay. */
async function allowDeletes(url: string): Promise<void> {
  const connection = await mysql.createConnection({ uri: url.replace(/^mariadb:/, 'mysql:') });
  try {
    const [rows] = await connection.query(
      "SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_MANIPULATION = 'DELETE'",
    );
    for (const { name } of rows as { name: string }[]) await connection.query(`DROP TRIGGER \`${name}\``);
  } finally {
    await connection.end();
  }
}

/** Far quicker than a new database: on MySQL creating its tables takes longer than settling it. */
function serverReset(url: string, source: readonly string[]): () => Promise<void> {
  const kept = [...source, 'settle_migration', 'settle_migration_lock'];
  return async () => {
    const connection = await mysql.createConnection({ uri: url.replace(/^mariadb:/, 'mysql:') });
    try {
      const [rows] = await connection.query(
        "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'",
      );
      const names = (rows as { name: string }[]).map(({ name }) => name);
      await connection.query('SET foreign_key_checks = 0');
      await connection.query('BEGIN');
      // Sequences stay: the ids that a run takes are nothing that its results may depend on.
      for (const name of names.filter((table) => !kept.includes(table) && !/_SEQ$/i.test(table))) {
        await connection.query(`DELETE FROM \`${name}\``);
      }
      await connection.query(
        "INSERT INTO settle_ledger_head (id, last_journal_id, last_hash) VALUES (1, 0, REPEAT('0', 64))",
      );
      await connection.query('INSERT INTO settle_outbox_next (singleton, next_id) VALUES (1, 1)');
      await connection.query('COMMIT');
    } finally {
      await connection.end();
    }
  };
}

/**
 * What the last run of the date published and counted, and what it should have cleared away, as text to compare. Left
 * out are the ids of executions and the times of day, and how many executions it took.
 */
export async function pictureOf(url: string): Promise<string> {
  const database = await openDatabase(url, { create: false });
  try {
    const tables: Record<string, unknown> = {};
    for (const [name, columns, order] of resultTables) {
      const rows = database.knex(name).select(columns).orderBy(order);
      // Records name executions, and are of rows with times of day; verification compares them.
      tables[name] = await (name === 'settle_journal' ? rows.whereNot({ kind: 'record' }) : rows);
    }
    const { violation: ledgerViolation = 'none' } = await verifyLedger(database);
    const picture = { ...tables, ...(await runsOf(database)), leftOver: await leftOverOf(database), ledgerViolation };
    return JSON.stringify(picture, null, 1);
  } finally {
    await database.close();
  }
}

const resultTables: readonly (readonly [name: string, columns: string[], order: string[]])[] = [
  [
    'video_daily_stats',
    ['business_date', 'video_id', 'views', 'ad_views', 'play_seconds'],
    ['business_date', 'video_id'],
  ],
  ['settle_quarantine', ['row_id', 'business_date', 'reason', 'payload'], ['row_id']],
  ['settle_statistics_run', ['business_date', 'zone', 'policy', 'verdicts'], ['business_date']],
  [
    'settle_video_settlement',
    ['business_date', 'video_id', 'revision', 'is_current', 'input_digest', 'view_amount', 'ad_amount', 'total'],
    ['business_date', 'video_id', 'revision'],
  ],
  ['settle_settlement_date', ['business_date', 'credits_due', 'closed_at'], ['business_date']],
  ['settle_creator_credit', ['journal_key', 'amount'], ['journal_key']],
  ['settle_account', ['account_type', 'owner_id', 'balance'], ['account_type', 'owner_id']],
  ['settle_journal', ['journal_key', 'content_digest'], ['journal_key']],
  ['settle_ranking', ['kind', 'label', 'metric', 'place', 'video_id', 'value'], ['kind', 'label', 'metric', 'place']],
  [
    'settle_partition',
    ['step_name', 'partition_no', 'min_id', 'max_id', 'rows_expected', 'status'],
    ['step_name', 'partition_no'],
  ],
];

const countColumns = [
  'READ_COUNT',
  'WRITE_COUNT',
  'FILTER_COUNT',
  'PROCESS_SKIP_COUNT',
  'COMMIT_COUNT',
  'ROLLBACK_COUNT',
];

/**
 * The counts of each partition, summed over all executions of the instance: READ_COUNT changes with the checkpoint in
 * one transaction, so that the sums are those of a clean run exactly when each row was passed once. And how executions
 * stand: the last COMPLETED, all others FAILED.
 */
async function runsOf(database: Database): Promise<Record<string, unknown>> {
  const steps = await database
    .knex('BATCH_STEP_EXECUTION')
    .select('STEP_NAME', 'STATUS', ...countColumns)
    .orderBy('STEP_EXECUTION_ID');
  const partitions: Record<string, Record<string, number>> = {};
  for (const step of steps) {
    const name = String(step.STEP_NAME);
    if (!name.includes(':')) continue;
    partitions[name] ??= Object.fromEntries(countColumns.map((column) => [column, 0]));
    for (const column of countColumns) partitions[name][column] += Number(step[column]);
  }
  const executions = await database.knex('BATCH_JOB_EXECUTION').orderBy('JOB_EXECUTION_ID').pluck<string[]>('STATUS');
  const last = steps.findLast((step) => step.STEP_NAME === 'daily-statistics');
  return {
    partitions: Object.entries(partitions).sort(([a], [b]) => (a < b ? -1 : 1)),
    total: Object.fromEntries(countColumns.slice(0, 4).map((column) => [column, last?.[column]])),
    instances: Number((await database.knex('BATCH_JOB_INSTANCE').count({ rows: '*' }))[0].rows),
    lastStatus: executions.at(-1),
    otherStatuses: executions.slice(0, -1).filter((status) => status !== 'FAILED'),
    stepsNotEnded: steps.filter(({ STATUS }) => STATUS !== 'COMPLETED' && STATUS !== 'FAILED').length,
  };
}

const clearedTables = [
  'settle_partial',
  'settle_partial_verdicts',
  'settle_partition_state',
  'settle_quarantine_staged',
  'settle_lease',
];

async function leftOverOf(database: Database): Promise<string[]> {
  const left: string[] = [];
  for (const name of clearedTables) {
    const [{ rows }] = await database.knex(name).count({ rows: '*' });
    if (Number(rows) > 0) left.push(`${name}: ${rows}`);
  }
  return left;
}
