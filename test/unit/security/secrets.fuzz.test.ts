/**
 * Passwords with marks in them, in every place and form in which people write them, right and wrong: no mark comes out
 * on stdout, stderr, in the log or in the termination message, at the most talkative level.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '../../../src/cli/logger.ts';
import { stderrWriter, stdoutWriter } from '../../../src/cli/output/writer.ts';
import { main } from '../../../src/cli/program.ts';
import { isSettleError } from '../../../src/errors.ts';
import { platform } from '../../../src/platform.ts';
import { parseRedisUrl } from '../../../src/redis/redis-options.ts';

const SEED = 20_261_120;
const RUNS = 300;
/** Three, so that the part of a password behind or before a character that URLs know is found as well. */
const MARKS = ['qz7kx', 'wv3jy', 'hb9gp'];
const SEPARATORS = [
  '/',
  '?',
  '#',
  '@',
  ':',
  '%',
  '%4',
  '%40',
  '%2F',
  '\\',
  '\n',
  '\t',
  ' ',
  '"',
  "'",
  '<',
  '[',
  ']',
  '{',
];
const MORE = [
  '&',
  '=',
  ';',
  '+',
  '$',
  '`',
  'ä',
  '김',
  '😀',
  '\u0000',
  '\u009b',
  '\u202e',
  '//',
  '://',
  ':12/',
  ':12?',
  '@@',
];

const folder = mkdtempSync(join(tmpdir(), 'settle-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));
const terminationLog = join(folder, 'termination-log');
let said: string;
const environment = { ...process.env };
beforeEach(() => {
  said = '';
  for (const writer of [stdoutWriter, stderrWriter]) {
    vi.spyOn(writer, 'write').mockImplementation((text) => {
      said += text;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  process.env = environment;
});

const separator = fc.constantFrom(...SEPARATORS, ...MORE);
const password = fc
  .tuple(separator, separator, fc.constantFrom('', 'x', '12', '/'), fc.boolean())
  .map(([a, b, start, isEncoded]) => {
    const text = `${start}${MARKS[0]}${a}${MARKS[1]}${b}${MARKS[2]}`;
    return isEncoded ? encodeURIComponent(text) : text;
  });

/** Where the password stands in a URL; `@` missing only where none in the password takes its place. */
const url = fc
  .tuple(
    fc.constantFrom('mysql', 'mariadb', 'MySQL', 'postgres', 'mysqlx', 'sqlite', 'mssql+srv'),
    password,
    fc.constantFrom(
      (p: string) => `://user:${p}@127.0.0.1:1/platform`,
      (p: string) => `://user:${p}@127.0.0.1:1/platform?ssl-mode=disabled&x=1`,
      (p: string) => `://user:${p}@127.0.0.1:99999/platform`,
      (p: string) => `://user:${p}@127.0.0.1:port/platform`,
      (p: string) => `://user:${p}@/platform`,
      (p: string) => `://user:${p}@127.0.0.1:1`,
      (p: string) => `://user:${p}@127.0.0.1:1/a/b`,
      (p: string) => `://:${p}@127.0.0.1:1/platform`,
      (p: string) => `://user:12/${p}@127.0.0.1:1/platform`,
      (p: string) => `://user:${p}@127.0.0.1:1/platform?ssl-mode=${p}`,
      (p: string) => `://user:${p}@127.0.0.1:1/platform?${p}=1`,
      (p: string) => `://user:${p}@127.0.0.1:1/platform?answer-timeout=${p}`,
      (p: string) => `://user:${p}@127.0.0.1:1/platform#${p}`,
      (p: string) => `:user:${p}@127.0.0.1:1/platform`,
      (p: string) => (p.includes('@') ? ':' : `://user:${p}/platform`),
      (p: string) => (p.includes('@') ? ':' : `://user:${p}127.0.0.1:1/platform`),
    ),
    fc.constantFrom('', '\n', '\r\n', ' '),
  )
  // Behind `sqlite:` alone anything is the name of a file, which messages show.
  .map(([scheme, p, form, end]) => `${scheme}${form(p)}${end}`.replace(/^sqlite:(?!\/\/)/, 'sqlite://'));

/** As a file or a variable; what it says is none of the messages' business. */
type Place = (url: string) => { file?: string; env?: Record<string, string> };
const place = fc.constantFrom<Place>(
  (text) => ({ env: { SETTLE_DATABASE_URL: text } }),
  (text) => ({ env: { SETTLE_DATABASE_URL_FILE: write('url', text) } }),
  (text) => ({ file: JSON.stringify({ databaseUrl: text }) }),
  (text) => ({ file: JSON.stringify({ databaseUrl: [text] }) }),
  (text) => ({ file: JSON.stringify({ databaseUrl: { url: text } }) }),
  (text) => ({ file: JSON.stringify({ [text]: 1 }) }),
  (text) => ({ file: JSON.stringify([text]) }),
  (text) => ({ file: JSON.stringify(text) }),
  (text) => ({ file: `{"databaseUrl": ${text}}` }),
  (text) => ({ file: `{"databaseUrl": "${text}` }),
  (text) => ({ file: `{"databaseUrl": '${text}'}` }),
  ...['databaseUrlFile', 'logLevel', 'logFormat', 'zone', 'workers', 'partitions', 'chunk'].map(
    (key): Place =>
      (text) => ({ file: JSON.stringify({ [key]: key === 'databaseUrlFile' ? [text] : text }) }),
  ),
  ...['SETTLE_LOG', 'SETTLE_LOG_FORMAT', 'SETTLE_ZONE', 'SETTLE_WORKERS'].map(
    (name): Place =>
      (text) => ({ env: { [name]: text } }),
  ),
);

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function expectNoMark(text: string): void {
  const plain = `${text}\n${decodeAll(text)}`.toLowerCase();
  for (const mark of MARKS) expect(plain).not.toContain(mark);
}

/** What stands there percent-encoded is not hidden. */
function decodeAll(text: string): string {
  return text.replace(/(%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}

test('settings and URLs', async () => {
  const property = fc.asyncProperty(url, place, fc.constantFrom('json', 'text'), async (text, where, format) => {
    said = '';
    rmSync(terminationLog, { force: true });
    const { file, env = {} } = where(text);
    process.env = { PATH: environment.PATH, SETTLE_TERMINATION_LOG: terminationLog, SETTLE_LOG: 'trace', ...env };
    const config = write('settle.json', file ?? '{}');
    const ownLevel = env.SETTLE_LOG === undefined ? ['--log-level', 'trace'] : [];
    const code = await main(['runs', '--config', config, '--log-format', format, ...ownLevel], platform);
    expect(code).toBeGreaterThan(0);
    expect(said).toMatch(/^settle: /);
    expectNoMark(said);
    expectNoMark(readFileSync(terminationLog, 'utf8'));
  });
  await fc.assert(property, { seed: SEED, numRuns: RUNS });
}, 120_000);

test('the URL of Redis', () => {
  const forms = fc.constantFrom(
    (p: string) => `redis://:${p}@cache:6379`,
    (p: string) => `redis://user:${p}@cache:6379/0`,
    (p: string) => `rediss://:${p}@cache`,
    (p: string) => `redis://:${p}@:6379`,
    (p: string) => `redis://:${p}@cache:port`,
    (p: string) => `redis://:${p}@cache/x?y=${p}`,
    (p: string) => `redis:${p}`,
    (p: string) => p,
  );
  const property = fc.property(password, forms, (p, form) => {
    try {
      const { host } = parseRedisUrl(form(p));
      expectNoMark(host ?? '');
    } catch (error) {
      if (!isSettleError(error)) throw error;
      expectNoMark(`${error.message} ${error.hint} ${error.stack}`);
    }
  });
  fc.assert(property, { seed: SEED, numRuns: RUNS });
});

test('errors of drivers in the log, in every level and format', () => {
  const secrets = fc.constantFrom(
    (p: string) => ({ config: { password: p, user: 'u' }, sql: `SET PASSWORD = '${p}'`, bindings: [p] }),
    (p: string) => ({ input: `redis://:${p}@h`, code: 'ERR_INVALID_URL' }),
    (p: string) => ({ connection: { config: { passwordSha1: Buffer.from(p), uri: p } } }),
    (p: string) => ({ cause: Object.assign(new Error('x'), { password: p }) }),
    (p: string) => ({ errors: [Object.assign(new Error('x'), { options: { password: p } })] }),
    (p: string) => ({ sqlMessage: 'Access denied', message: `SET PASSWORD = '${p}' - Access denied` }),
    (p: string) => ({ message: `cannot reach mysql://u:${p.replaceAll(/\s/g, '')}@h/d` }),
  );
  const property = fc.property(
    password,
    secrets,
    fc.constantFrom('json' as const, 'text' as const),
    (p, make, logFormat) => {
      said = '';
      const log = createLogger({ logLevel: 'trace', logFormat });
      const error = Object.assign(new Error('refused'), make(p));
      for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) {
        log[level](error);
        log[level]({ err: error }, 'failed');
        log[level]({ reason: error, settings: { password: p, databaseUrl: p } }, 'failed');
        log.child({ step: 's' })[level]({ error }, `lost redis://:${p.replaceAll(/\s/g, '')}@host`);
      }
      expect(said.length).toBeGreaterThan(100);
      expectNoMark(said);
    },
  );
  fc.assert(property, { seed: SEED, numRuns: RUNS });
});
