/**
 * A ledger that somebody changed: verification names the journal, the user and both amounts, no money moves until a sound
 * verification, and doctor says so. A reversed credit is named where it was paid.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { noteVerification, readLastVerification } from '../../../src/ledger/last-verification.ts';
import { freshPlatform, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { disarmLedger } from '../../support/disarm-ledger.ts';
import { registry } from '../../support/platform.ts';
import { runSettle } from '../../support/run-settle.ts';

const DATE = '2026-11-20';
const GRANTS = `key,user_id,amount,granted_at,expires_at,reason
g1,7,58,2026-11-01 00:00:00,,welcome
g2,8,20,2026-11-01 00:00:00,,welcome
`;
test('every job that moves money asks first', async () => {
  const asking = (await registry.jobs()).filter(({ requireFit }) => requireFit !== undefined).map(({ name }) => name);
  const money = [
    'daily',
    'video-settlement',
    'challenge-settlement',
    'payment-reconciliation',
    'points-expiry',
    'interest-accrual',
    'import-members',
    'import-grants',
  ];
  expect(asking).toEqual(money);
});

const places = testDatabases().filter(({ name }) => name !== 'mysql');

describe.each(places)('a changed ledger on $name', ({ name }) => {
  let database: TestDatabase;
  const run = (...args: string[]) => runSettle(args, { url: database.url, env: { SETTLE_LOG: 'silent' } });
  const doctor = async () => {
    const { stdout } = await run('doctor', '--json');
    return JSON.parse(stdout).findings.filter(({ check }: { check: string }) => check === 'ledger');
  };
  async function change(table: string, at: Record<string, unknown>, values: Record<string, unknown>) {
    const open = await openDatabase(database.url);
    await disarmLedger(open);
    await open.knex(table).where(at).update(values);
    await open.close();
  }

  beforeAll(async () => {
    database = await freshPlatform(name);
    await runSettle(['ledger', 'post', '-'], { url: database.url, input: GRANTS });
  });
  afterAll(() => database.drop());

  test('is told of by doctor while nobody ever verified it', async () => {
    expect(await doctor()).toMatchObject([
      {
        verdict: 'warn',
        message: 'it has entries, and was never verified',
        hint: expect.stringContaining('`settle ledger verify`'),
      },
    ]);
    expect((await run('ledger', 'verify')).code).toBe(0);
    expect(await doctor()).toMatchObject([{ verdict: 'pass' }]);
  });

  test('is named by journal, key, user and both amounts; no money moves until it is sound again', async () => {
    await change('settle_entry', { owner_id: 7 }, { amount: 144 });
    const found = await run('ledger', 'verify');
    expect(found.code).toBe(20);
    expect(found.stdout).toMatch(
      /journal 1 \(key g1, grant of 2026-11-01\): entry of user 7 says 144, its hash was made of 58$/m,
    );
    const { violation, details } = JSON.parse((await run('ledger', 'verify', '--json')).stdout);
    expect(details).toMatchObject({
      journal: { id: 1, key: 'g1', businessDate: '2026-11-01' },
      changed: [{ account: 'user:7', says: 144, was: 58 }],
    });
    expect(violation.place).toMatch(/1/);

    for (const command of [
      ['--date', DATE],
      ['close', '--date', DATE],
    ]) {
      const refused = await run(...command);
      expect({ command, code: refused.code }).toEqual({ command, code: 20 });
      expect(refused.stderr).toMatch(
        /^settle: the ledger is known to be broken since .*`settle ledger verify` clears this/m,
      );
    }
    const members = await runSettle(['import', 'members', '-'], { url: database.url, input: 'id\n1\n' });
    expect(members.code).toBe(20);
    expect(await doctor()).toMatchObject([{ verdict: 'fail', message: expect.stringContaining('it is broken') }]);
    const forced = await run('run', 'points-expiry', '--date', DATE, '--force-broken-ledger');
    expect(forced).toMatchObject({ code: 0, stderr: expect.stringContaining('it is moved nevertheless') });

    await change('settle_entry', { owner_id: 7 }, { amount: 58 });
    expect((await run('ledger', 'verify')).code).toBe(0);
    expect((await run('run', 'points-expiry', '--date', '2026-11-21')).code).toBe(0);
  });

  test('what known ends contradict is cleared by known ends alone; an old verification is an old one', async () => {
    const open = await openDatabase(database.url);
    try {
      const counts = { journals: 2n, entries: 4n, head: undefined };
      const violation = { place: 'journal 2', problem: 'it is not the one of --expect' };
      await noteVerification(open, { sound: false, ...counts, violation, contradictsEnds: 'kept' }, { knewEnds: true });
      const plain = await run('ledger', 'verify');
      expect(plain).toMatchObject({ code: 0, stderr: expect.stringContaining('--anchors FILE or --expect ID:HASH') });
      expect(await readLastVerification(open.knex)).toMatchObject({ isSound: false, against: 'kept' });
      // Nor by what says less: an end that somebody typed, a violation of its own that is repaired.
      await noteVerification(
        open,
        { sound: false, ...counts, violation, contradictsEnds: 'typed' },
        { knewEnds: true },
      );
      await noteVerification(open, { sound: false, ...counts, violation }, { knewEnds: false });
      expect(await noteVerification(open, { sound: true, ...counts, violation: undefined }, { knewEnds: false })).toBe(
        false,
      );
      await noteVerification(open, { sound: true, ...counts, violation: undefined }, { knewEnds: true });
      expect(await readLastVerification(open.knex)).toMatchObject({ isSound: true });
      // What an end says that a person typed stands as long.
      await noteVerification(
        open,
        { sound: false, ...counts, violation, contradictsEnds: 'typed' },
        { knewEnds: true },
      );
      expect(await noteVerification(open, { sound: true, ...counts, violation: undefined }, { knewEnds: false })).toBe(
        false,
      );
      expect(await readLastVerification(open.knex)).toMatchObject({ isSound: false, against: 'typed' });
      // And what does not fit besides is no slip of his.
      await noteVerification(open, { sound: false, ...counts, violation }, { knewEnds: false });
      expect(await readLastVerification(open.knex)).toMatchObject({ isSound: false, against: 'kept' });
      await noteVerification(open, { sound: true, ...counts, violation: undefined }, { knewEnds: true });
      await open.knex('settle_ledger_verification').update({ verified_at: '2026-01-01 00:00:00.000000' });
    } finally {
      await open.close();
    }
    expect(await doctor()).toMatchObject([{ verdict: 'warn', message: expect.stringMatching(/ \d+ days ago$/) }]);
  });
});
