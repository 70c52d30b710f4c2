/** The commands of the ledger as a person and a script use them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { disarmLedger } from '../../support/disarm-ledger.ts';
import { runSettle } from '../../support/run-settle.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-ledger-'));
const env = { SETTLE_DATABASE_URL: `sqlite:${join(folder, 'a.db')}` };
const settle = (...args: string[]) => runSettle(args, { cwd: folder, env });
const grants = (...lines: string[]) =>
  writeFileSync(
    join(folder, 'grants.csv'),
    ['key,user_id,amount,granted_at,expires_at,reason', ...lines, ''].join('\n'),
  );

beforeAll(async () => {
  expect((await settle('migrate')).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a grant is posted, listed, explained, reversed, and tampering is found', async () => {
  grants('g1,7,100,2026-11-01 10:00:00,2026-12-01,"hello, you"', 'g2,9,5,2026-11-01T10:00:00+09:00,,');
  const posted = await settle('ledger', 'post', 'grants.csv', '--json');
  expect(posted.code).toBe(0);
  expect(JSON.parse(posted.stdout)).toMatchObject({ job: 'import-grants', status: 'COMPLETED', rows: 2 });
  const again = await settle('ledger', 'post', 'grants.csv');
  expect(again).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/already complete/) });
  expect((await settle('ledger', 'balances', '--format', 'csv')).stdout).toBe('user_id,balance\n7,100\n9,5\n');
  const statement = JSON.parse((await settle('ledger', 'statement', '--user', '7', '--json')).stdout);
  expect(statement).toMatchObject([{ key: 'g1', amount: 100, balance: 100, reason: 'hello, you' }]);
  const explained = JSON.parse((await settle('explain', 'balance', '--user', '7', '--json')).stdout);
  expect(explained).toMatchObject({ balance: 100, agrees: true, lots: [{ remaining: 100, journalKey: 'g1' }] });
  expect((await settle('explain', 'balance', '--user', '7')).stdout).toMatch(/ledger\/fifo-lots/);
  const reverse = ['ledger', 'reverse', 'g2', '--reason', 'twice', '--date', '2026-11-02'];
  expect((await settle(...reverse)).stdout).toBe('reversal/g2: journal 3\n');
  expect((await settle(...reverse)).stdout).toBe('reversal/g2: journal 3, posted before\n');
  expect(await settle('ledger', 'verify')).toMatchObject({ code: 0, stdout: 'ledger: sound, 3 journals, 6 entries\n' });

  const database = await openDatabase(env.SETTLE_DATABASE_URL);
  const tamper = (amount: number) =>
    database.knex('settle_entry').where({ journal_id: 2, line_no: 2 }).update({ amount });
  const [{ amount }] = await database.knex('settle_entry').where({ journal_id: 2, line_no: 2 });
  await expect(tamper(6)).rejects.toThrow('settle: UPDATE refused, settle_entry is append-only');
  await disarmLedger(database);
  await tamper(6);
  const broken = await settle('ledger', 'verify', '--json');
  expect(broken.code).toBe(20);
  const violation = { place: 'entry 2.2' };
  expect(JSON.parse(broken.stdout)).toMatchObject({ sound: false, journals: 1, violation, misfit: violation });
  // What is known to be broken moves no money; put right and verified, it does again.
  await tamper(Number(amount));
  await database.close();
  expect((await settle('ledger', 'verify')).code).toBe(0);
});

test('lines that are no grants are set aside, by what is wrong with them, and the others posted', async () => {
  grants(
    'ok,7,3,2026-11-01,,',
    'k,7,0,2026-11-01,,',
    'k,7,1.5,2026-11-01,,',
    'k,x,1,2026-11-01,,',
    'k,7,1,yesterday,,',
    'k,7,1,2026-11-01,2026-11-01,',
    ',7,1,2026-11-01,,',
    'ok,7,4,2026-11-01,,',
    'ok,7,3,2026-11-01,,',
    'g1,7,99,2026-11-01,,other content',
  );
  const { code, stdout } = await settle('ledger', 'post', 'grants.csv', '--json');
  expect(code).toBe(3);
  const view = JSON.parse(stdout);
  expect(view.steps.at(-1)).toMatchObject({ name: 'post-grants', writeCount: 1, filterCount: 1, processSkipCount: 8 });
  const skipped = JSON.parse((await settle('skipped', String(view.id), '--json')).stdout);
  expect(skipped.map(({ reason }: { reason: string }) => reason)).toEqual([
    'line 3: amount "0" is outside of 1 to 2^63 - 1',
    expect.stringMatching(/^line 4: amount "1.5" is not a whole number/),
    expect.stringMatching(/^line 5: user_id "x" is not a whole number/),
    'line 6: granted_at "yesterday" is not a time',
    'line 7: expires_at is not after granted_at',
    'line 8: key has 0 characters, not 1 to 190',
    'line 9: another journal has the key ok',
    'line 11: another journal has the key g1',
  ]);
  expect((await settle('replay', String(view.id))).stdout).toMatch(/^0 replayed, 8 failed again/);
});

test('a grant beyond 63 bits is set aside, and the others are posted', async () => {
  const url = `sqlite:${join(folder, 'b.db')}`;
  const own = (...args: string[]) => runSettle(args, { cwd: folder, env: { SETTLE_DATABASE_URL: url } });
  await own('migrate');
  grants('five,1,5,2026-11-01,,', 'big,1,9223372036854775807,2026-11-01,2027-11-01,', 'one,2,1,2026-11-01,,');
  const { code, stdout } = await own('ledger', 'post', 'grants.csv', '--json');
  expect(code).toBe(3);
  const skipped = JSON.parse((await own('skipped', String(JSON.parse(stdout).id), '--json')).stdout);
  expect(skipped).toMatchObject([
    { key: 'line 3', reason: expect.stringMatching(/^journal big: grant:0 would hold -92/) },
  ]);
  expect((await own('ledger', 'balances')).stdout).toBe('user_id,balance\n1,5\n2,1\n');
  expect(await own('ledger', 'verify')).toMatchObject({ code: 0, stdout: 'ledger: sound, 2 journals, 4 entries\n' });
});

test('a reversal without a reason is refused before anything is posted', async () => {
  for (const reason of ['', '  ']) {
    const { code, stdout, stderr } = await settle('ledger', 'reverse', 'g1', '--reason', reason);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: 'settle: --reason must say something\n' });
  }
});

test('a user of whom the ledger has no entry is said to be unknown, and is no error', async () => {
  const stderr = 'settle: the ledger knows no user 404\n';
  expect(await settle('ledger', 'statement', '--user', '404')).toMatchObject({ code: 0, stdout: '', stderr });
  const json = await settle('ledger', 'statement', '--user', '404', '--json');
  expect(json).toMatchObject({ code: 0, stderr });
  expect(JSON.parse(json.stdout)).toEqual([]);
});

test('a file that is no table of grants is refused before anything is posted', async () => {
  writeFileSync(join(folder, 'grants.csv'), 'key,user_id,amount\nk,7,1\n');
  const { code, stderr } = await settle('ledger', 'post', 'grants.csv');
  expect(code).toBe(2);
  expect(stderr).toMatch(/granted_at/);
});
