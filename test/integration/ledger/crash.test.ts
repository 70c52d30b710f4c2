/**
 * SIGKILL around the commits of `ledger post` and of `points-expiry`: the ledger is whole after each kill, and in the end
 * as after a clean run. And two of them at once, in processes of their own, over the same accounts.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { type CrashBench, openCrashBench } from '../../support/crash-bench.ts';
import { freshDatabase, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { countPoints, type KillPoint, pointText, runKilled } from '../../support/kill-run.ts';
import { runSettle } from '../../support/run-settle.ts';
import { onServers } from '../../support/thorough.ts';
import { balancesOf, lotsOf } from './support.ts';

const USERS = 12;
/** Of every user's grants so many are over on the date, so many are not. */
const GRANTS = { over: 2, good: 1 };
const BAD_LINE = 'bad,1,0,2026-11-01,,no points';
const date = '2026-11-20';

describe.each(sampledDatabases(import.meta.url))(
  'a ledger whose writers are killed on $name',
  { timeout: 300_000 },
  ({ name }) => {
    let place: TestDatabase;
    let folder: string;
    let bench: CrashBench;
    let config: string[];
    let post: string[];
    let expire: string[];

    beforeEach(async () => {
      place = await freshDatabase(name);
      bench = await openCrashBench(place.url, null);
      folder = mkdtempSync(join(tmpdir(), 'settle-test-'));
      writeFileSync(join(folder, 'settle.config.json'), JSON.stringify({ chunk: 9 }));
      config = ['--config', join(folder, 'settle.config.json')];
      writeFileSync(join(folder, 'grants.csv'), grants('g'));
      post = [...config, 'ledger', 'post', join(folder, 'grants.csv')];
      expire = [...config, 'run', 'points-expiry', '--date', date, '--chunk', '5'];
    });
    afterEach(async () => {
      await place.drop();
      rmSync(folder, { recursive: true });
    });

    /** Kills it at each of the commits in turn, every time from where the kill before left it, until it completes. */
    async function throughKills(args: readonly string[], commits: number): Promise<number> {
      let kills = 0;
      // Of a sample on a server at each third: odd, so that kills before a commit and after one are met in turn.
      for (let at = 1; at <= commits; at += onServers(name, 1, 3)) {
        const point: KillPoint = { mode: at % 2 === 0 ? 'before-commit' : 'after-commit', at };
        const { killed } = await runKilled(args, bench.url, point);
        await expectSound(bench.url, `${args.join(' ')} ${pointText(point)}`);
        if (!killed) return kills;
        kills++;
      }
      expect([0, 3]).toContain((await runSettle(args, { url: bench.url })).code);
      return kills;
    }

    test('is whole after each kill, and ends as after a clean run', async () => {
      const posting = await countPoints(post, bench.url);
      const expiring = await countPoints(expire, bench.url);
      const expected = await picture(bench.url);
      expect(expected).toMatchObject({ written: USERS * 3, skipped: 1 });
      expect(expected.balances['breakage:0']).toBe(BigInt(USERS * GRANTS.over * 10));
      await bench.reset();
      expect(await throughKills(post, posting.commits)).toBeGreaterThan(onServers(name, 3, 1));
      expect(await throughKills(expire, expiring.commits)).toBeGreaterThan(onServers(name, 2, 0));
      expect(await picture(bench.url)).toEqual(expected);
    });

    test('takes two files and an expiry at once, over the same accounts', async () => {
      writeFileSync(join(folder, 'others.csv'), grants('o'));
      const others = [...config, 'ledger', 'post', join(folder, 'others.csv')];
      const ends = await Promise.all([post, others, expire].map((args) => runSettle(args, { url: bench.url })));
      expect(ends.map(({ code, stderr }) => [code, code === 0 || code === 3 ? '' : stderr])).toEqual([
        [3, ''],
        [3, ''],
        [0, ''],
      ]);
      expect((await runSettle([...expire, '--rerun'], { url: bench.url })).code).toBe(0);
      await expectSound(bench.url, 'two files and an expiry');
      const { balances } = await picture(bench.url);
      expect(balances['breakage:0']).toBe(BigInt(2 * USERS * GRANTS.over * 10));
      for (let id = 1; id <= USERS; id++) expect(balances[`user:${id}`]).toBe(BigInt(2 * GRANTS.good * 10));
    });
  },
);

function grants(prefix: string): string {
  const lines = ['key,user_id,amount,granted_at,expires_at,reason'];
  for (let user = 1; user <= USERS; user++) {
    lines.push(`${prefix}${user}a,${user},10,2026-11-01,2026-11-10,over`);
    lines.push(`${prefix}${user}b,${user},10,2026-11-01,2026-11-05,over`);
    lines.push(`${prefix}${user}c,${user},10,2026-11-01,2027-11-10,good`);
    if (user === 5) lines.push(BAD_LINE);
  }
  return `${lines.join('\n')}\n`;
}

async function expectSound(url: string, when: string): Promise<void> {
  const database = await openDatabase(url);
  try {
    expect((await verifyLedger(database)).violation, when).toBeUndefined();
  } finally {
    await database.close();
  }
}

/** Balances and lots, and what the step that posts has counted over all executions. */
async function picture(url: string) {
  const database = await openDatabase(url);
  try {
    const [counts] = await database
      .knex('BATCH_STEP_EXECUTION')
      .where({ STEP_NAME: 'post-grants' })
      .sum({ written: 'WRITE_COUNT', skipped: 'PROCESS_SKIP_COUNT' });
    return {
      balances: Object.fromEntries(await balancesOf(database)),
      lots: Object.fromEntries(await lotsOf(database)),
      written: Number(counts.written),
      skipped: Number(counts.skipped),
    };
  } finally {
    await database.close();
  }
}
