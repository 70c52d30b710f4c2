/** The head of the ledger leaves the database with every run: log, termination message, a signed file; and is proved. */
import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSettle } from '../../support/run-settle.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-anchors-'));
const path = (name: string) => join(folder, name);
const env = {
  SETTLE_DATABASE_URL: `sqlite:${path('a.db')}`,
  SETTLE_LOG: 'info',
  SETTLE_LOG_FORMAT: 'json',
  SETTLE_TERMINATION_LOG: path('end.json'),
  SETTLE_LEDGER_ANCHORS: path('heads.jsonl'),
  SETTLE_LEDGER_ANCHOR_KEY: path('key.pem'),
};
const settle = (...args: string[]) => runSettle(args, { cwd: folder, env });
const verify = (...args: string[]) => settle('ledger', 'verify', ...args);
const anchors = () =>
  readFileSync(path('heads.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const post = (name: string, line: string) => {
  writeFileSync(path(name), `key,user_id,amount,granted_at,expires_at,reason\n${line}\n`);
  return settle('ledger', 'post', name);
};

function writeKeys(secret: string, open: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(path(secret), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(path(open), publicKey.export({ type: 'spki', format: 'pem' }));
}

beforeAll(async () => {
  writeKeys('key.pem', 'key.pub');
  writeKeys('other.pem', 'other.pub');
  expect((await settle('migrate')).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('each run and command that posts appends where the chain ends, and the file proves the chain', async () => {
  const { code, stderr } = await post('one.csv', 'g1,7,100,2026-11-01,,');
  expect(code).toBe(0);
  const records = stderr.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  const { ledgerHead } = records.find(({ msg }) => msg === 'job ended');
  expect(ledgerHead).toMatchObject({ id: '1', count: '1', hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(JSON.parse(readFileSync(path('end.json'), 'utf8')).ledgerHead).toEqual(ledgerHead);
  expect(statSync(path('heads.jsonl')).mode & 0o777).toBe(0o600);
  // Nothing is posted, nothing is noted.
  expect((await settle('ledger', 'post', 'one.csv')).code).toBe(0);
  expect((await settle('ledger', 'reverse', 'g1', '--reason', 'twice', '--date', '2026-11-02')).code).toBe(0);
  expect(anchors()).toMatchObject([
    { ...ledgerHead, signature: expect.any(String) },
    { id: '2', count: '2' },
  ]);

  const sound = await verify('--json', '--anchors', 'heads.jsonl', '--public-key', 'key.pub');
  expect(sound.code).toBe(0);
  expect(JSON.parse(sound.stdout)).toMatchObject({ sound: true, head: { id: 2, hash: anchors()[1].hash, count: 2 } });
  expect((await verify('--expect', `1:${ledgerHead.hash}`, '--expect', `2:${anchors()[1].hash}`)).stdout).toBe(
    'ledger: sound, 2 journals, 4 entries, all 2 known ends on its chain\n',
  );
  const wrong = await verify('--expect', `2:${'ab'.repeat(32)}`);
  expect(wrong).toMatchObject({ code: 20, stdout: expect.stringMatching(/journal 2: it is not the one of --expect/) });
  expect(wrong.stderr).toMatch(/Was that end typed as it was kept\? If not, `settle ledger verify --expect ID:HASH`/);
  // What was not an end, or was typed otherwise than the chain shows, says nothing of the ledger.
  expect((await verify('--expect', '2:abc')).code).toBe(2);
  const slip = await verify('--expect', `2:${ledgerHead.hash}`);
  expect(slip).toMatchObject({
    code: 20,
    stdout: expect.stringMatching(/MISTYPED.*\n {2}journal 2: the hash of --expect is that of journal 1$/m),
  });
  const refused = await post('guarded.csv', 'g9,7,1,2026-11-01,,');
  expect(refused).toMatchObject({ code: 20, stderr: expect.stringMatching(/known not to have the end that --expect/) });
  // A ledger that fits itself shows nothing: only a known end does.
  expect((await verify()).code).toBe(0);
  expect((await settle('run', 'points-expiry', '--date', '2026-11-02')).code).toBe(20);
  expect((await verify('--expect', `1:${ledgerHead.hash}`)).code).toBe(0);
  expect((await verify('--expect', `2:${ledgerHead.hash}`)).code).toBe(20);
  expect((await settle('run', 'points-expiry', '--date', '2026-11-02')).code).toBe(0);
});

test('a line of somebody else is named, one that was cut short is passed over and said', async () => {
  const other = await verify('--anchors', 'heads.jsonl', '--public-key', 'other.pub');
  expect(other).toMatchObject({
    code: 20,
    stdout: expect.stringMatching(/line 1 of the anchors: it has no signature/),
  });
  appendFileSync(path('heads.jsonl'), '{"kind":"settle-ledger-head-1","id":"3","ha');
  expect((await post('two.csv', 'g2,7,1,2026-11-01,,')).code).toBe(0);
  const passed = await verify('--anchors', 'heads.jsonl', '--public-key', 'key.pub');
  expect(passed).toMatchObject({ code: 0, stderr: expect.stringMatching(/1 lines .* the first is line 3/) });
  expect(passed.stdout).toMatch(/all 3 known ends/);
});

test('anchors that could not be written, or a key that others can read, are refused before anything is posted', async () => {
  chmodSync(path('key.pem'), 0o640);
  const open = await post('three.csv', 'g3,7,1,2026-11-01,,');
  expect(open).toMatchObject({ code: 2, stderr: expect.stringMatching(/key .*key\.pem is open to others/) });
  chmodSync(path('key.pem'), 0o600);
  const nowhere = { ...env, SETTLE_LEDGER_ANCHORS: path('none/heads.jsonl') };
  const refused = await runSettle(['ledger', 'post', 'three.csv'], { cwd: folder, env: nowhere });
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/cannot write the file of anchors .*: ENOENT/),
  });
  expect((await verify()).stdout).toMatch(/sound, 3 journals/);
});
