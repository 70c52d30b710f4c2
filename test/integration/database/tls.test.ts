/** Encrypted connections by URL options, to a server that takes no others and whose certificate names `localhost`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { runSettle } from '../../support/run-settle.ts';
import type { Server } from '../../support/servers/private-process.ts';
import {
  type Certificates,
  makeCertificates,
  signCertificate,
  startTlsMariadb,
} from '../../support/servers/tls-mariadb.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-tls-'));
let certificates: Certificates;
let server: Server | undefined;

beforeAll(async () => {
  certificates = await makeCertificates(folder, 'localhost');
  server = await startTlsMariadb(certificates);
  if (server === undefined) return;
  const admin = await createConnection({ uri: server.url, ssl: { rejectUnauthorized: false } });
  await admin.query('CREATE DATABASE platform');
  await admin.end();
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

function url(host: string, options: Readonly<Record<string, string>> = {}): string {
  const built = new URL(server!.url);
  built.hostname = host;
  built.pathname = '/platform';
  for (const [name, value] of Object.entries(options)) built.searchParams.set(name, value);
  return built.href;
}

async function refusal(databaseUrl: string): Promise<string> {
  const { code, stdout, stderr } = await runSettle(['runs'], { url: databaseUrl });
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^settle: [^\n]+\n$/);
  expect(code).toBe(2);
  return stderr;
}

test('the right authority and the right name are accepted, and the connection is encrypted', async ({ skip }) => {
  if (server === undefined) return skip('no mariadbd on this machine');
  for (const mode of ['required', 'verify-ca', 'verify-identity']) {
    const options = { 'ssl-ca': certificates.ca, 'ssl-mode': mode };
    const database = await openDatabase(url('localhost', options));
    const [[status]] = await database.knex.raw("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
    await database.close();
    expect(status.Value).toMatch(/\w/);
  }
  const outcome = await runSettle(['migrate'], { url: url('localhost', { 'ssl-ca': certificates.ca }) });
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  // Worker threads make connections of their own.
  const day = ['--date', '2026-11-20', '--workers', '2'];
  const secured = { url: url('localhost', { 'ssl-ca': certificates.ca }) };
  expect((await runSettle(['seed', '--rows', '2000', '--videos', '10', ...day], secured)).code).toBe(0);
  expect((await runSettle(day, secured)).code).toBe(0);
  expect((await runSettle(['verify', '--date', '2026-11-20'], secured)).code).toBe(0);
});

test('another authority is refused in one line', async ({ skip }) => {
  if (server === undefined) return skip('no mariadbd on this machine');
  for (const mode of ['verify-ca', 'verify-identity']) {
    const line = await refusal(url('localhost', { 'ssl-ca': certificates.otherCa, 'ssl-mode': mode }));
    expect(line).toMatch(/no encrypted connection could be made.*ssl- options/i);
  }
  // Nor is it one of those that Node.js knows.
  expect(await refusal(url('localhost', { 'ssl-mode': 'verify-ca' }))).toMatch(/no encrypted connection could be made/);
});

test('another host name is refused under verify-identity only', async ({ skip }) => {
  if (server === undefined) return skip('no mariadbd on this machine');
  await signCertificate(folder, 'elsewhere.example');
  const admin = await createConnection({ uri: server.url, ssl: { rejectUnauthorized: false } });
  await admin.query('FLUSH SSL');
  await admin.end();
  const identity = url('localhost', { 'ssl-ca': certificates.ca, 'ssl-mode': 'verify-identity' });
  expect(await refusal(identity)).toMatch(/no encrypted connection could be made.*localhost.*elsewhere\.example/);
  await (await openDatabase(url('localhost', { 'ssl-ca': certificates.ca, 'ssl-mode': 'verify-ca' }))).close();
  await (await openDatabase(url('localhost', { 'ssl-mode': 'required' }))).close();
});

test('no encryption at all is refused by the server, and told so', async ({ skip }) => {
  if (server === undefined) return skip('no mariadbd on this machine');
  expect(await refusal(url('localhost'))).toMatch(/refuses the user.*ssl-mode=required/);
});

test('files that are not there, or no certificates', async ({ skip }) => {
  if (server === undefined) return skip('no mariadbd on this machine');
  expect(await refusal(url('localhost', { 'ssl-ca': join(folder, 'absent.pem') }))).toMatch(
    /ssl-ca.*absent\.pem \(ENOENT\)/,
  );
  writeFileSync(join(folder, 'letter.pem'), 'Dear reader');
  expect(await refusal(url('localhost', { 'ssl-ca': join(folder, 'letter.pem') }))).toMatch(
    /encrypted connection|ssl-ca/,
  );
});
