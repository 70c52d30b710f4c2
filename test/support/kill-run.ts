/**
 * Runs the real command line under the kill switch (kill-switch.ts): counts the points at which it can be killed, kills
 * it at one of them, and starts it again until it completes.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, startSettle } from './run-settle.ts';

/** Exactly at a point of the run's talk with the database; `at` counts from 1. The modes: see kill-switch.ts. */
export interface SwitchPoint {
  readonly mode: 'before-statement' | 'sent-statement' | 'before-commit' | 'after-commit';
  readonly at: number;
  /** Regular expression: other statements do not count. */
  readonly match?: string;
}

/** So long after the start of the process, whatever it is doing. */
export interface TimePoint {
  readonly mode: 'time';
  readonly afterMs: number;
}

export type KillPoint = SwitchPoint | TimePoint;

export interface PointCounts {
  readonly statements: number;
  readonly commits: number;
}

export interface KilledRun {
  /** False when it completed before it came to the point. */
  readonly killed: boolean;
  readonly outcome: Outcome;
}

const killSwitch = new URL('./kill-switch.ts', import.meta.url).href;
const quiet = { SETTLE_LOG: 'warn' };
/** Completed, and completed with skipped records. */
const COMPLETED = [0, 3];
const KILLED = 137;

/** How a run is to be told in a failed test: which command, killed where. */
export function pointText(point: KillPoint): string {
  if (point.mode === 'time') return `killed after ${Math.round(point.afterMs)} ms`;
  return `killed ${point.mode} ${point.at}${point.match === undefined ? '' : ` of ${point.match}`}`;
}

/** Runs to the end, unkilled. Throws when it does not complete. */
export async function countPoints(
  args: readonly string[],
  url: string,
  match?: string,
): Promise<PointCounts & { readonly ms: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'settle-kill-'));
  try {
    const counts = join(folder, 'counts.json');
    const env = { ...switchEnv('count', 0, match), SETTLE_KILL_COUNTS: counts };
    const outcome = await startSettle(args, { url, env }).outcome;
    requireExpected(args, outcome, COMPLETED);
    return { ...JSON.parse(readFileSync(counts, 'utf8')), ms: outcome.ms };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One run that is killed at the point, if it comes that far. Throws when it ends in any third way. */
export async function runKilled(
  args: readonly string[],
  url: string,
  point: KillPoint,
  added: Readonly<Record<string, string>> = {},
): Promise<KilledRun> {
  const byTime = point.mode === 'time';
  const env = byTime ? quiet : switchEnv(point.mode, point.at, point.match);
  const { child, outcome: ended } = startSettle(args, { url, env: { ...env, ...added } });
  const timer = byTime ? setTimeout(() => child.kill('SIGKILL'), point.afterMs) : undefined;
  const outcome = await ended;
  clearTimeout(timer);
  requireExpected(args, outcome, [...COMPLETED, KILLED], pointText(point));
  return { killed: outcome.code === KILLED, outcome };
}

/**
 * Starts the same command again and again until it completes, the first times with the points that `points` gives.
 * Returns how often it was killed.
 * @param runsMax more runs than this throw
 * @param afterKill called when it has been killed, before it is started again
 * @param added variables of its environment
 */
export async function runThroughKills(
  args: readonly string[],
  url: string,
  points: Iterable<KillPoint>,
  runsMax = 100,
  afterKill: () => Promise<void> = async () => {},
  added: Readonly<Record<string, string>> = {},
): Promise<number> {
  let kills = 0;
  let runs = 0;
  for (const point of points) {
    if (++runs > runsMax) throw new Error(`settle ${args.join(' ')} did not complete in ${runsMax} runs`);
    if (!(await runKilled(args, url, point, added)).killed) return kills;
    kills++;
    await afterKill();
  }
  const last = await startSettle(args, { url, env: { ...quiet, ...added } }).outcome;
  requireExpected(args, last, COMPLETED, `after ${kills} kills`);
  return kills;
}

/** The environment of a process that is killed at a point. */
export function switchEnv(mode: string, at: number, match?: string): Record<string, string> {
  return {
    ...quiet,
    NODE_OPTIONS: `--import=${killSwitch}`,
    SETTLE_KILL_MODE: mode,
    SETTLE_KILL_AT: String(at),
    ...(match === undefined ? {} : { SETTLE_KILL_MATCH: match }),
  };
}

function requireExpected(args: readonly string[], outcome: Outcome, codes: readonly number[], how = ''): void {
  if (codes.includes(outcome.code)) return;
  throw new Error(`settle ${args.join(' ')} ${how} ended with exit code ${outcome.code}:\n${outcome.stderr}`);
}
