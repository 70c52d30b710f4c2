/** The machine and the server that a benchmark ran on: what a reader needs to judge its figures. */
import { cpus, release, totalmem, type } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database/database.ts';

/** Settings that decide how fast a server reads and commits. Those that it does not know are left out. */
const SERVER_SETTINGS = [
  'innodb_buffer_pool_size',
  'innodb_flush_log_at_trx_commit',
  'innodb_flush_method',
  'innodb_doublewrite',
  'sync_binlog',
  'log_bin',
  'max_allowed_packet',
];
const SQLITE_SETTINGS = ['journal_mode', 'synchronous', 'page_size', 'cache_size'];

const LOOK_MS = 250;

/** Share of all cores that is busy for a moment in which the caller does nothing: what others do, 0 to 1. */
export async function busyShare(): Promise<number> {
  const before = processorTimes();
  await sleep(LOOK_MS);
  const after = processorTimes();
  const all = after.all - before.all;
  return all === 0 ? 0 : 1 - (after.idle - before.idle) / all;
}

function processorTimes(): { readonly all: number; readonly idle: number } {
  let all = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    all += Object.values(times).reduce((sum, time) => sum + time, 0);
    idle += times.idle;
  }
  return { all, idle };
}

/** Names and values, for people. */
export function describeMachine(): Record<string, string> {
  const processors = cpus();
  return {
    processor: `${processors.length} x ${processors[0]?.model.trim() || 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 20).toLocaleString('en-US')} MB`,
    system: `${type()} ${release()}`,
    node: process.version,
  };
}

/** Version and settings of the database. */
export async function describeServer(database: Database): Promise<Record<string, string>> {
  return { version: await database.dialect.inspect.version(database.knex), ...(await readSettings(database)) };
}

async function readSettings(database: Database): Promise<Record<string, string>> {
  const { knex } = database;
  if (database.dialect.name === 'sqlite') {
    const pairs = await Promise.all(
      SQLITE_SETTINGS.map(async (name) => {
        const rows = await knex.raw(`PRAGMA ${name}`);
        return [name, String(Object.values(rows[0] ?? {})[0] ?? '')] as const;
      }),
    );
    return Object.fromEntries(pairs);
  }
  const names = SERVER_SETTINGS.map((name) => `'${name}'`).join(', ');
  const [rows] = await knex.raw(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names})`);
  return Object.fromEntries(
    (rows as { Variable_name: string; Value: string }[]).map((row) => [row.Variable_name, row.Value]),
  );
}
