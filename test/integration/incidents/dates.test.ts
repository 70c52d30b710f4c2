/**
 * Incidents about dates, played as an operator would: a date that is not over, one that was settled too early, rows that
 * came after, a night that was missed. Each leads to the command that mends it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';

const ZONE = 'Asia/Seoul';

/** A date by its distance from today in the zone. */
function dateIn(days: number): string {
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(new Date());
  return new Date(Date.parse(`${today}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

const places = sampledDatabases(import.meta.url).filter(({ name }) => name !== 'mysql');

describe.each(places)('dates on $name', ({ name }) => {
  let database: TestDatabase;
  const run = (...args: string[]) => runSettle(args, { url: database.url, env: { SETTLE_LOG: 'warn' } });
  const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);
  const seed = (date: string, rows: number, number: number) =>
    run('seed', '--rows', `${rows}`, '--date', date, '--videos', '20', '--viewers', '90', '--seed', `${number}`);
  /** Runs a command as it was printed. */
  const follow = (command: string) => run(...command.replace(/^settle /, '').split(' '));

  beforeAll(async () => {
    database = await freshPlatform(name);
  });
  afterAll(() => database.drop());

  test('a date that is not over is refused, and the hour of its end is named', async () => {
    const tomorrow = dateIn(1);
    const refused = await run('--date', tomorrow);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toBe(
      `settle: ${tomorrow} is not over in ${ZONE}: it ends at ${tomorrow} 15:00:00 UTC. Start it again after that hour, ` +
        'or add --early to settle what is there by now (the next plain start does it again).\n',
    );
    expect((await run('run', 'points-expiry', '--date', tomorrow)).code).toBe(2);
    expect((await run('run', 'challenge-settlement', '--date', tomorrow)).code).toBe(2);
    expect(await json('runs')).toEqual([]);
  });

  test('a date settled before its end is marked, not closed, and is to be done again', async () => {
    const today = dateIn(0);
    await seed(today, 100, 1);
    const early = await run('--date', today, '--early');
    expect(early.code).toBe(0);
    const [line] = await json('dates', '--from', today, '--to', today);
    expect(line).toMatchObject({
      date: today,
      state: 'settled before its end',
    });
    // Nothing can be done before its end.
    expect(line).not.toHaveProperty('next');
    const [, future] = await json('dates', '--from', today, '--to', dateIn(1));
    expect(future).toEqual({ date: dateIn(1), state: 'not over', dueZone: ZONE, cards: [] });
    const closing = await run('close', '--date', today);
    expect(closing.code).toBe(2);
    expect(closing.stderr).toContain(`${today} was settled by execution ${line.execution} before its end`);
    const again = await run('--date', today, '--early');
    expect(again.stderr).toContain(
      `${today} was settled before its end by execution ${line.execution}: it is computed again`,
    );
    expect(again.code).toBe(0);
    expect((await json('dates', '--from', today, '--to', today))[0]).toMatchObject({ revision: 2 });
  });

  test('a completed date says how many rows arrived since, by exit code 4, and the command printed settles them', async () => {
    const date = dateIn(-2);
    await seed(date, 400, 2);
    expect((await run('--date', date)).code).toBe(0);
    const done = await run('--date', date);
    expect(done.code).toBe(0);
    expect(done.stderr).toContain('nothing was done');
    await seed(date, 300, 3);
    const outdated = await run('--date', date);
    expect(outdated.code).toBe(4);
    const found =
      /^settle: daily \S+ is already complete, but 300 rows of this date arrived since execution (\d+)\. `(.*)`\.$/m.exec(
        outdated.stderr,
      );
    expect(found?.[2]).toBe(`settle run daily --date ${date} --zone ${ZONE} --rerun`);
    expect((await follow(found![2])).code).toBe(0);
    expect((await run('--date', date)).code).toBe(0);
    expect((await run('verify', '--date', date)).code).toBe(0);
  });

  test('dates and runs show the missed night, what was settled, and what it came to', async () => {
    const date = dateIn(-2);
    const lines = await json('dates');
    expect(lines).toHaveLength(14);
    expect(lines.at(-1)).toMatchObject({
      date: dateIn(-1),
      state: 'missing',
      next: `settle --date ${dateIn(-1)} --zone ${ZONE}`,
    });
    const settled = lines.at(-2);
    expect(settled).toMatchObject({ date, state: 'settled', zone: ZONE, read: expect.any(Number), revision: 2 });
    expect(settled.won).toBe((await json('settlement', '--date', date)).total);
    expect((await run('close', '--date', date)).code).toBe(0);
    expect((await json('dates', '--from', date, '--to', date))[0].state).toBe('closed');

    const daily = await json('runs', '--job', 'daily', '--date', date, '--since', '1h');
    expect(daily).toHaveLength(2);
    expect(daily[0]).toMatchObject({ job: 'daily', date, status: 'COMPLETED', skipped: 0 });
    expect(await json('runs', '--until', '1h')).toEqual([]);
    expect(await json('runs', '--status', 'failed')).toEqual([]);
    const summary = await json('runs', '--summary', '--since', '7d');
    expect(summary.jobs.find(({ job }: { job: string }) => job === 'daily')).toMatchObject({
      runs: 4,
      completed: 4,
      failed: 0,
    });
    expect(await run('dates', '--from', '2026-02-30')).toMatchObject({ code: 2 });
    expect(await run('runs', '--since', 'yesterday')).toMatchObject({ code: 2 });
  });
});
