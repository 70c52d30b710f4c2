/**
 * `make soak-challenges`: seeds challenges, settles them by the command line, and compares statuses, payouts, balances
 * and lots with plain loops over all rows; then replays the ledger. Ends with exit code 1 at a difference.
 *
 *   SETTLE_DATABASE_URL  a server on which it makes a database of its own, and drops it; default: SQLite
 *   SOAK_CHALLENGES      how many (default 100,000)
 *   SOAK_MEMBERS         members of each (default 10)
 *   SOAK_CROWD           members of the first one (default 50,000)
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { openDatabase } from '../../src/database/open.ts';
import { parseParameters } from '../../src/engine/parse-parameters.ts';
import { seedChallengesJob } from '../../src/jobs/challenges/seed/definition.ts';
import { challengeSeedOptions, grantOf } from '../../src/jobs/challenges/seed/parameters.ts';
import { differencesFromOracle, readStatuses } from '../support/challenge-comparison.ts';
import { runSettle } from '../support/run-settle.ts';

const date = '2026-11-20';
const zone = 'Asia/Seoul';
const hourMs = 3_600_000;
const seeded = {
  challenges: process.env.SOAK_CHALLENGES ?? '100000',
  members: process.env.SOAK_MEMBERS ?? '10',
  crowd: process.env.SOAK_CROWD ?? '50000',
  'hot-users': '3',
  length: '5',
  date,
};

const { url, drop } = await ownDatabase();
let failed = true;
try {
  await settle('migrate');
  await settle('seed', ...Object.entries(seeded).flatMap(([name, value]) => [`--${name}`, value]));
  const database = await openDatabase(url, { create: false, poolSizeMax: 6 });
  try {
    const before = await readStatuses(database);
    const ms = await settle('run', 'challenge-settlement', '--date', date, '--zone', zone, '--workers', '2');
    const granted = grantOf(challengeSeedOptions(parseParameters(seedChallengesJob, seeded)));
    const differences = await differencesFromOracle(database, before, { date, zone }, granted);
    for (const difference of differences) say(difference);
    const rate = Math.round((before.size / ms) * 1000);
    say(`${before.size} challenges settled, ${rate}/s; ${differences.length} differences from plain loops`);
    await settle('ledger', 'verify');
    failed = differences.length > 0;
  } finally {
    await database.close();
  }
} finally {
  await drop();
}
process.exitCode = failed ? 1 : 0;

/** Resolves to the milliseconds that the command took. @throws Error when it did not end with 0 */
async function settle(...args: string[]): Promise<number> {
  const { code, stdout, stderr, ms } = await runSettle(args, { url, timeoutMs: hourMs, env: { SETTLE_LOG: 'warn' } });
  say(`${stdout.trim()} (${(ms / 1000).toFixed(1)} s)`);
  if (code !== 0) throw new Error(`settle ${args[0]} ended with ${code}: ${stderr}`);
  return ms;
}

function say(line: string): void {
  process.stdout.write(`soak: ${line}\n`);
}

async function ownDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const given = process.env.SETTLE_DATABASE_URL ?? 'sqlite:';
  if (given.startsWith('sqlite:')) {
    const folder = mkdtempSync(join(tmpdir(), 'settle-soak-'));
    const drop = async () => rmSync(folder, { recursive: true, force: true });
    return { url: `sqlite:${join(folder, 'soak.db')}`, drop };
  }
  const own = new URL(given.replace(/^mariadb:/, 'mysql:'));
  own.pathname = '/';
  const server = own.href;
  const name = `settle_soak_${process.pid}`;
  await administer(server, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  own.pathname = `/${name}`;
  return { url: own.href, drop: () => administer(server, `DROP DATABASE ${name}`) };
}

async function administer(url: string, sql: string): Promise<void> {
  const connection = await mysql.createConnection({ uri: url });
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}
