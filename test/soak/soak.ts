/**
 * `make soak`: settles one date again and again, kills it at random points until SOAK_KILLS kills are done (1,000 by
 * default), and compares all that each date left with what an unkilled run leaves. Ends at the first difference, with
 * exit code 1 and the points that led to it.
 *
 *   SETTLE_DATABASE_URL  a server on which it makes databases of its own, and drops them; default: SQLite
 *   SOAK_KILLS           how many kills
 *   SOAK_SEED            chooses the points; printed at the end, so that a run can be repeated
 *   SOAK_LANES           dates under way at a time; default: cores
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { randomOf } from '../oracles/logs.ts';
import { type CrashBench, crashArgs, openCrashBench, pictureOf } from '../support/crash-bench.ts';
import { countPoints, type KillPoint, pointText, runThroughKills } from '../support/kill-run.ts';

const killsWanted = Number(process.env.SOAK_KILLS ?? 1000);
const seed = Number(process.env.SOAK_SEED ?? Date.now() % 1_000_000);
const lanesWanted = Number(process.env.SOAK_LANES ?? availableParallelism());
const killsAnInstanceMax = 6;
const random = randomOf(seed);

let kills = 0;
let dates = 0;
/** The first thing that went wrong, in one line: another result, or a start that was refused. */
let failure: string | undefined;
const started = performance.now();

const lanes = await Promise.all(Array.from({ length: lanesWanted }, (_, lane) => openLane(lane)));
try {
  const clean = await countPoints(crashArgs(1), lanes[0].bench.url);
  const expected = await pictureOf(lanes[0].bench.url);
  const progress = setInterval(() => process.stdout.write(`soak: ${kills} kills, ${dates} dates\n`), 15_000);
  try {
    await Promise.all(lanes.map(({ bench }) => soak(bench, clean, expected)));
  } finally {
    clearInterval(progress);
  }
} finally {
  for (const { drop } of lanes) await drop();
}
const seconds = Math.round((performance.now() - started) / 1000);
const verdict = failure === undefined ? `${dates} dates, all as a clean run` : `then FAILED (${failure})`;
process.stdout.write(`soak: ${kills} kills, ${verdict}, in ${seconds} s (seed ${seed})\n`);
process.exitCode = failure === undefined ? 0 : 1;

/** Dates one after another on one database, each killed a few times on its way. */
async function soak(bench: CrashBench, clean: { statements: number; ms: number }, expected: string): Promise<void> {
  while (kills < killsWanted && failure === undefined) {
    const count = 1 + Math.floor(random() * killsAnInstanceMax);
    const points = Array.from({ length: count }, (_, restarts) => randomPoint(clean, restarts));
    await bench.reset();
    try {
      kills += await runThroughKills(crashArgs(1 + Math.floor(random() * 2)), bench.url, points);
      dates++;
      const picture = await pictureOf(bench.url);
      if (picture !== expected)
        throw new Error(`another result than a clean run: ${firstDifference(expected, picture)}`);
    } catch (error) {
      const { message } = error as Error;
      failure ??= message.trim().replace(/\s*\n\s*/g, ' ');
      process.stdout.write(`${message}\nafter: ${points.map(pointText).join('; ')}\n`);
    }
  }
}

function randomPoint({ statements, ms }: { statements: number; ms: number }, restarts: number): KillPoint {
  const kind = random();
  // A restart has less to do than a first run: higher numbers would seldom meet anything.
  const at = 1 + Math.floor(random() ** (restarts + 1) * statements);
  if (kind < 0.4) return { mode: 'before-statement', at };
  if (kind < 0.6) return { mode: 'sent-statement', at };
  if (kind < 0.7) return { mode: 'before-commit', at: 1 + Math.floor(random() * 50) };
  if (kind < 0.8) return { mode: 'after-commit', at: 1 + Math.floor(random() * 50) };
  return { mode: 'time', afterMs: ms * (0.2 + 0.8 * random()) };
}

function firstDifference(expected: string, found: string): string {
  const lines = found.split('\n');
  const at = expected.split('\n').findIndex((line, index) => line !== lines[index]);
  return `line ${at + 1}: expected ${expected.split('\n')[at]}, found ${lines[at]}`;
}

async function openLane(lane: number): Promise<{ bench: CrashBench; drop: () => Promise<void> }> {
  const url = process.env.SETTLE_DATABASE_URL ?? 'sqlite:';
  if (url.startsWith('sqlite:')) {
    const folder = mkdtempSync(join(tmpdir(), 'settle-soak-'));
    const drop = async () => rmSync(folder, { recursive: true, force: true });
    return { bench: await openCrashBench(`sqlite:${join(folder, 'soak.db')}`), drop };
  }
  const own = new URL(url.replace(/^mariadb:/, 'mysql:'));
  own.pathname = '/';
  const server = own.href;
  const name = `settle_soak_${process.pid}_${lane}`;
  await administer(server, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  own.pathname = `/${name}`;
  return { bench: await openCrashBench(own.href), drop: () => administer(server, `DROP DATABASE ${name}`) };
}

async function administer(url: string, sql: string): Promise<void> {
  const connection = await mysql.createConnection({ uri: url });
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}
