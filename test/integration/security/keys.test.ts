/** A key is its bytes: what a person or a collation takes for the same are two keys, and one key is posted once by whomever. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { toSettleError } from '../../../src/database/errors.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { testDatabases } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';
import { openBench } from '../daily/support.ts';
import { balancesOf, grant, post } from '../ledger/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** By case, normal form, width, accent, ligature, digits, what is invisible, and what collations weigh as nothing. */
const alike = [
  ...['key', 'KEY', 'Key', 'kéy', 'ke\u0301y', 'kèy', '\uff4bey', 'k\u200bey', 'ke\u00ady'],
  ...[
    'strasse',
    'straße',
    'STRASSE',
    '1',
    '١',
    '１',
    '01',
    'ﬁ',
    'fi',
    'Å',
    'A\u030a',
    '\u212b',
    '각',
    '\u1100\u1161\u11a8',
  ],
  ...['__proto__', 'constructor', '😀', '😁', 'k-ey'],
];

test.each(testDatabases())('keys that look alike are different on $name', async ({ name }) => {
  const bench = await openBench(name);
  const { database } = bench;
  try {
    const requests = alike.map((key) => grant(key, 1, 1));
    for (let round = 0; round < 2; round++) {
      await post(database, requests);
      expect((await balancesOf(database)).get('user:1')).toBe(BigInt(alike.length));
    }
    const keys: string[] = await database.knex('settle_journal').where({ kind: 'grant' }).pluck('journal_key');
    expect(keys.sort()).toEqual(alike.toSorted());
    expect(await verifyLedger(database)).toMatchObject({ violation: undefined });
  } finally {
    await bench.drop();
  }
});

test.each(testDatabases())(
  'two processes that post the same keys at once post each once on $name',
  { timeout: 120_000 },
  async ({ name }) => {
    const bench = await openBench(name);
    const { database, test: own } = bench;
    const lines = Array.from({ length: 3_000 }, (_, i) => `g${i},${i % 7},${(i % 5) + 1},2024-11-01,,`);
    const files = ['one.csv', 'two.csv'].map((file) => {
      const path = join(folder, `${name}-${file}`);
      const ownLine = `${file},9,1,2024-11-01,,`;
      writeFileSync(path, ['key,user_id,amount,granted_at,expires_at,reason', ...lines, ownLine, ''].join('\n'));
      return path;
    });
    try {
      const outcomes = await Promise.all(
        files.map((file) => runSettle(['ledger', 'post', file], { url: own.url, env: { SETTLE_LOG: 'silent' } })),
      );
      for (const { code, stderr } of outcomes) expect([code, stderr]).toEqual([0, '']);
      const keys: string[] = await database.knex('settle_journal').where({ kind: 'grant' }).pluck('journal_key');
      expect(keys).toHaveLength(3_002);
      expect(new Set(keys).size).toBe(3_002);
      const balances = await balancesOf(database);
      for (let user = 0; user < 7; user++) {
        const mine = lines.map((line) => line.split(',')).filter(([, owner]) => Number(owner) === user);
        expect(balances.get(`user:${user}`)).toBe(mine.reduce((sum, [, , amount]) => sum + BigInt(amount), 0n));
      }
      expect(balances.get('user:9')).toBe(2n);
      expect(await verifyLedger(database)).toMatchObject({ violation: undefined, journals: 3_002n });
    } finally {
      await bench.drop();
    }
  },
);

test.each(testDatabases())('what a trigger refuses is said in a line of its own on $name', async ({ name }) => {
  const bench = await openBench(name);
  const { knex } = bench.database;
  const refusal = async (work: PromiseLike<unknown>) =>
    toSettleError(await Promise.resolve(work).catch((error) => error));
  try {
    await post(bench.database, [grant('k', 1, 5)]);
    for (const change of [knex('settle_entry').update({ amount: 6 }), knex('settle_account').delete()]) {
      expect(await refusal(change)).toMatchObject({
        code: 'APPEND_ONLY',
        exitCode: 20,
        message: expect.stringMatching(
          /^what has been posted is not changed: settle: (UPDATE|DELETE) refused, settle_(entry|account) is append-only$/,
        ),
        hint: expect.stringMatching(/reversing journal/),
      });
    }
    const tooMuch = knex('settle_video_count').insert({
      video_id: 1,
      period: '2024-11',
      views: knex.raw('9223372036854775807 + 1'),
      ads: 0,
    });
    if (name !== 'sqlite') return;
    expect(await refusal(tooMuch)).toMatchObject({
      code: 'DATABASE_VALUE',
      exitCode: 1,
      message: expect.stringMatching(
        /^a value does not fit its column: .*settle_video_count is no integer of 64 bits$/,
      ),
    });
  } finally {
    await bench.drop();
  }
});
