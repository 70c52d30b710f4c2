/**
 * SIGKILL at every commit of a date's run, between any two of its statements, and at any moment: the run that is
 * started next takes over by itself and leaves exactly what a run that was never killed leaves.
 */
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { resolveStep } from '../../../src/jobs/views/statistics/resolve-plan.ts';
import { statisticsStep } from '../../../src/jobs/views/statistics/statistics-plan.ts';
import { randomOf } from '../../oracles/logs.ts';
import {
  type CrashBench,
  crashArgs,
  crashDate,
  crashZone,
  openCrashBench,
  pictureOf,
} from '../../support/crash-bench.ts';
import { freshDatabase, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { countPoints, type KillPoint, pointText, runKilled, runThroughKills } from '../../support/kill-run.ts';
import { isThorough, onServers, spread } from '../../support/thorough.ts';
import { settle } from './support.ts';

/** Not the steps of the id sequences: gaps in them mean nothing, and the statement kills meet them too. */
const COMMITS = '^(?!.*_SEQ\\b)';
/** Odd, so that kills before a commit and after one are met in turn. */
const COMMIT_STRIDE = 15;
/** So many commits more has a run that the machine keeps waiting: measured progress and heartbeats go by time. */
const TIMED_COMMITS = 4;
const TIMED_KILLS_AN_INSTANCE = 3;

/** A change of the seed changes which statements are met; each run of the tests meets the same. */
const random = randomOf(20_261_120);

function randomInteger(from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

/** A restart in this process spares a start of the program; those of the last test are by the command itself. */
async function settleHere(url: string): Promise<void> {
  const database = await openDatabase(url);
  try {
    await settle(database, crashDate, crashZone, { workers: 1, partitions: 2, chunkSize: 110 });
  } finally {
    await database.close();
  }
}

describe.each(testDatabases())('case 19: a date that is killed on $name', { timeout: 300_000 }, ({ name }) => {
  const lanes: { readonly test: TestDatabase; readonly bench: CrashBench }[] = [];
  let commits: number;
  let statements: number;
  /** From the start of a process that runs the date to its end. */
  let typicalMs: number;
  let expected: string;

  beforeAll(async () => {
    for (let lane = 0; lane < Math.min(2, availableParallelism()); lane++) {
      const test = await freshDatabase(name);
      lanes.push({ test, bench: await openCrashBench(test.url) });
    }
    commits = (await countPoints(crashArgs(1), lanes[0].bench.url, COMMITS)).commits;
    await lanes[0].bench.reset();
    const clean = await countPoints(crashArgs(1), lanes[0].bench.url);
    statements = clean.statements;
    typicalMs = clean.ms;
    expected = await pictureOf(lanes[0].bench.url);
  }, 120_000);
  afterAll(async () => {
    for (const { test } of lanes) await test.drop();
  });

  /** From the start anew for each point: kills a run there, runs the date again, and compares. Both benches work. */
  async function killAndRunAgain(
    points: readonly KillPoint[],
    kill: (url: string, point: KillPoint) => Promise<void>,
  ): Promise<void> {
    const queue = [...points];
    await Promise.all(
      lanes.map(async ({ bench }) => {
        for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
          await bench.reset();
          await kill(bench.url, point);
          await settleHere(bench.url).catch((cause) => {
            throw new Error(`not to be restarted when ${pointText(point!)}`, { cause });
          });
          expect(await pictureOf(bench.url), pointText(point)).toBe(expected);
        }
      }),
    );
  }

  it('has points enough, and a clean run that left a result', () => {
    expect(commits).toBeGreaterThan(30);
    expect(statements).toBeGreaterThan(3 * commits);
    const picture = JSON.parse(expected);
    expect(picture.lastStatus).toBe('COMPLETED');
    expect(picture.leftOver).toEqual([]);
    const partitions = (step: string) => picture.partitions.filter(([name]: [string]) => name.startsWith(`${step}:`));
    expect(partitions(statisticsStep)).toHaveLength(2);
    for (const [, counts] of partitions(statisticsStep)) expect(counts.COMMIT_COUNT).toBeGreaterThan(1);
    // Views of each bucket that the partitions left open.
    expect(partitions(resolveStep)).toHaveLength(2);
    for (const [, counts] of partitions(resolveStep)) expect(counts.COMMIT_COUNT).toBe(1);
    for (const table of ['video_daily_stats', 'settle_quarantine', 'settle_ranking']) {
      expect(picture[table].length).toBeGreaterThan(5);
    }
  });

  it(`ends as a clean run, killed before and after ${isThorough ? 'every commit' : 'commits'}`, async () => {
    const points: KillPoint[] = [];
    for (let at = 1; at <= commits; at++) {
      points.push({ mode: 'before-commit', at, match: COMMITS }, { mode: 'after-commit', at, match: COMMITS });
    }
    await killAndRunAgain(spread(name, points, COMMIT_STRIDE), async (url, point) => {
      const { killed } = await runKilled(crashArgs(1), url, point);
      if (!killed) expect(Number('at' in point && point.at), pointText(point)).toBeGreaterThan(commits - TIMED_COMMITS);
    });
  });

  it('ends as a clean run, killed between any two statements', async () => {
    const points = Array.from({ length: isThorough ? 12 : onServers(name, 6, 3) }, (): KillPoint => {
      const mode = random() < 0.7 ? 'before-statement' : 'sent-statement';
      return { mode, at: randomInteger(1, statements) };
    });
    await killAndRunAgain(points, async (url, point) => {
      // Two threads can do with fewer statements than one, so that a point near the end may not be reached.
      await runKilled(crashArgs(2), url, point);
    });
  });

  it('ends as a clean run, killed several times at any moment', async () => {
    const killsWanted = isThorough ? 6 : 3;
    let kills = 0;
    for (let instance = 0; kills < killsWanted; instance++) {
      expect(instance, 'instances for so few kills').toBeLessThan(2 * killsWanted);
      const { bench } = lanes[0];
      await bench.reset();
      const points = Array.from({ length: TIMED_KILLS_AN_INSTANCE }, (): KillPoint => {
        // Before the first statement, about the first third of the time, there is nothing to break.
        return { mode: 'time', afterMs: typicalMs * (0.3 + 0.7 * random()) };
      });
      const started = performance.now();
      const killed = await runThroughKills(crashArgs(2), bench.url, points);
      kills += killed;
      // How long a run takes depends on what else the machine does; too long an estimate would kill nothing.
      if (killed < TIMED_KILLS_AN_INSTANCE) typicalMs = Math.min(typicalMs, performance.now() - started);
      expect(await pictureOf(bench.url), points.map(pointText).join(', ')).toBe(expected);
    }
  });
});
