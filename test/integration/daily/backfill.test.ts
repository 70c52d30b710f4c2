/** Many dates by one command: as date by date, whatever happens on the way. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { importJob } from '../../../src/jobs/import/import-job.ts';
import { importParameters } from '../../../src/jobs/import/import-parameters.ts';
import { addDays } from '../../../src/rules/business-time.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { randomOf } from '../../oracles/logs.ts';
import { freshDatabase, freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { digestResults } from '../../support/digest-results.ts';
import { runKilled, runThroughKills } from '../../support/kill-run.ts';
import { migrate } from '../../support/migrate.ts';
import { runSettle, startSettle } from '../../support/run-settle.ts';
import { isThorough, onServers } from '../../support/thorough.ts';
import { settle } from './support.ts';

const bikeshare = new URL('../../fixtures/bikeshare/bayarea_views.csv.gz', import.meta.url);
const zone = 'America/Los_Angeles';
/** Summer time begins on 2014-03-09. */
const [from, to] = isThorough ? ['2014-01-01', '2014-12-31'] : ['2014-03-07', '2014-03-10'];
const middle = '2014-03-08';
const random = randomOf(20_140_309);

function span(): string[] {
  const dates: string[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) dates.push(date);
  return dates;
}

/** Of the log, what lies about the dates. */
async function importSpan(database: Database): Promise<void> {
  const [header, ...lines] = gunzipSync(readFileSync(bikeshare)).toString().trim().split('\n');
  const near = lines.filter((line) => {
    const date = line.split(',')[3].slice(0, 10);
    return date >= addDays(from, -1) && date <= addDays(to, 1);
  });
  const folder = mkdtempSync(join(tmpdir(), 'settle-backfill-'));
  const file = join(folder, 'views.csv');
  writeFileSync(file, `${[header, ...near].join('\n')}\n`);
  const options = { file, zone, map: 'viewer_id=user_id', registerVideos: true };
  const { parameters, dispose } = await importParameters('views', options);
  try {
    const result = await runJob(database, importJob('views'), parameters);
    if (result.outcome === 'failed') throw result.error;
  } finally {
    await dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.each(sampledDatabases(import.meta.url))('a span of dates on $name', ({ name }) => {
  const opened: TestDatabase[] = [];
  let expected: Record<string, string>;

  async function withLog(): Promise<TestDatabase> {
    const test = await freshDatabase(name);
    opened.push(test);
    const database = await openDatabase(test.url);
    try {
      await migrate(database);
      await importSpan(database);
    } finally {
      await database.close();
    }
    return test;
  }

  const args = ['backfill', '--from', from, '--to', to, '--zone', zone, '--parallel', '3', '--workers', '2', '--json'];
  const run = async ({ url }: TestDatabase, ...command: string[]) => {
    const outcome = await runSettle(command, { url, env: { SETTLE_LOG: 'silent' }, timeoutMs: 600_000 });
    return { ...outcome, json: outcome.stdout.startsWith('{') ? JSON.parse(outcome.stdout) : undefined };
  };

  beforeAll(
    async () => {
      const test = await withLog();
      const database = await openDatabase(test.url);
      try {
        for (const date of span()) await settle(database, date, zone, { workers: 2 });
      } finally {
        await database.close();
      }
      expected = await digestResults(test.url);
    },
    isThorough ? 3_600_000 : 600_000,
  );
  afterAll(async () => {
    for (const test of opened) await test.drop();
  });

  it('is as date by date; a second start at once is refused, a later one has nothing to do', {
    timeout: 600_000,
  }, async () => {
    const test = await withLog();
    const [one, other] = await Promise.all([run(test, ...args), run(test, ...args)]);
    const codes = [one.code, other.code].sort((a, b) => a - b);
    // The slower may find all complete where the machine starts it late.
    expect([
      [0, 3],
      [3, 11],
    ]).toContainEqual(codes);
    expect(Object.keys(expected).length).toBeGreaterThan(8);
    expect(await digestResults(test.url)).toEqual(expected);
    const again = await run(test, 'catch-up', '--until', to, '--zone', zone, '--json');
    expect({ code: again.code, dates: again.json.dates }).toEqual({ code: 0, dates: [] });
  });

  it('is as date by date after kills and a stop at any moment', {
    timeout: isThorough ? 7_200_000 : 1_800_000,
  }, async () => {
    const kills = isThorough ? 30 : onServers(name, 2, 1);
    const test = await withLog();
    let done = 0;
    for (let tries = 0; done < kills && tries < 3 * kills; tries++) {
      const { killed } = await runKilled(args, test.url, {
        mode: 'time',
        afterMs: 900 + random() * (isThorough ? 9_000 : 1_500),
      });
      if (!killed) break;
      done++;
    }
    expect(done).toBeGreaterThan(0);
    const { child, outcome } = startSettle(args, {
      url: test.url,
      env: { SETTLE_LOG: 'info', SETTLE_LOG_FORMAT: 'json' },
    });
    child.stderr.on('data', (data: Buffer) => {
      if (data.includes('"step started"')) child.kill('SIGTERM');
    });
    // 3 and 0 where nothing was left to be done.
    expect([143, 3, 0]).toContain((await outcome).code);
    await runThroughKills(args, test.url, []);
    expect(await digestResults(test.url)).toEqual(expected);
  });

  it.runIf(name === 'sqlite')(
    'holds up only what depends on a date that failed, and catches up with it',
    { timeout: 600_000 },
    async () => {
      const test = await withLog();
      const database = await openDatabase(test.url);
      try {
        await database.knex.raw(
          `CREATE TRIGGER planted BEFORE INSERT ON settle_video_settlement WHEN NEW.business_date = '${middle}' BEGIN SELECT RAISE(ABORT, 'planted'); END`,
        );
        const failed = await run(test, ...args);
        expect(failed.code).toBe(1);
        const lines: { date: string; outcome: string; reason?: string }[] = failed.json.dates;
        for (const { date, outcome, reason } of lines) {
          if (date < middle) expect(outcome, date).toMatch(/^completed/);
          else if (date === middle)
            expect({ outcome, reason }).toMatchObject({
              outcome: 'failed',
              reason: expect.stringContaining('planted'),
            });
          else
            expect({ outcome, reason }, date).toEqual({
              outcome: 'held-up',
              reason: `${addDays(date, -1)} has not completed settle-videos`,
            });
        }
        const published = await database.knex('settle_statistics_run').orderBy('business_date').pluck('business_date');
        expect(published).toEqual(span());
        expect(await database.knex('settle_settlement_date').max({ date: 'business_date' }).first()).toEqual({
          date: addDays(middle, -1),
        });
        await database.knex.raw('DROP TRIGGER planted');
      } finally {
        await database.close();
      }
      const plan = await run(test, 'catch-up', '--until', to, '--zone', zone, '--dry-run', '--json');
      const left = span().filter((date) => date >= middle);
      expect(plan.json.dates.map((line: { date: string }) => line.date)).toEqual(left);
      expect(plan.json.cost.seconds).toBeGreaterThan(0);
      const first = await run(test, 'catch-up', '--until', to, '--zone', zone, '--max-days', '1', '--json');
      expect(first.json.dates.map((line: { date: string }) => line.date)).toEqual([middle]);
      expect([0, 3]).toContain((await run(test, 'catch-up', '--until', to, '--zone', zone)).code);
      expect(await digestResults(test.url)).toEqual(expected);
    },
  );

  it.runIf(name === 'sqlite')('refuses what is no span', async () => {
    const test = opened[0];
    const refused = await run(test, 'backfill', '--from', to, '--to', from);
    expect(refused).toMatchObject({ code: 2, stderr: `settle: --from ${to} is after --to ${from}\n` });
    const fresh = await freshDatabase(name);
    opened.push(fresh);
    await run(fresh, 'migrate');
    const none = await run(fresh, 'catch-up');
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('no date has been settled yet') });
  });
});

it('a missed date is caught up in the zone that it was begun in, else in that of its neighbours', async () => {
  const place = await freshPlatform('sqlite');
  const settle = (...args: string[]) => runSettle(args, { url: place.url, env: { SETTLE_LOG: 'silent' } });
  try {
    for (const date of ['2026-10-01', '2026-10-03']) await settle('--date', date, '--zone', 'UTC');
    await settle('--date', '2026-10-10', '--zone', 'Asia/Seoul');
    const caughtUp = await settle('catch-up', '--until', '2026-10-04', '--json');
    expect(caughtUp).toMatchObject({ code: 0 });
    const { stdout } = await settle('dates', '--from', '2026-10-01', '--to', '2026-10-04', '--json');
    expect(JSON.parse(stdout).map(({ date, zone }: Record<string, string>) => [date, zone])).toEqual(
      ['2026-10-01', '2026-10-02', '2026-10-03', '2026-10-04'].map((date) => [date, 'UTC']),
    );
  } finally {
    await place.drop();
  }
});
