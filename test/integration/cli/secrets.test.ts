/**
 * No password leaves settle: runs that succeed and runs that fail, at the most talkative log level, searched everywhere:
 * stdout, stderr, every table, the termination message, the process list.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { createUser, type DatabaseUser } from '../../support/database-user.ts';
import { freshDatabase, sampledServers, type TestDatabase } from '../../support/databases.ts';
import { startSettle } from '../../support/run-settle.ts';

const DATE = '2026-11-20';
const PASSWORD = 'Hunter2-ÄÖ@/#?&%:Hunter2';
const REDIS_PASSWORD = 'Hunter3-redis';
/** Also as it is written in a URL. */
const TRACES = [/hunter2/i, /hunter3/i, new RegExp(encodeURIComponent(PASSWORD), 'i')];

const folder = mkdtempSync(join(tmpdir(), 'settle-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));
const terminationLog = join(folder, 'termination-log');

describe.each(sampledServers(import.meta.url))('on $name', ({ name }) => {
  let bench: TestDatabase;
  let user: DatabaseUser;
  /** Everything that was said, by where it was said. */
  let said: Map<string, string>;
  beforeEach(async () => {
    said = new Map();
    bench = await freshDatabase(name);
    user = await createUser(bench, PASSWORD);
    await user.grant(['ALL']);
  });
  afterEach(async () => {
    await user.drop();
    await bench.drop();
  });

  async function run(args: readonly string[], url = user.url, env: Record<string, string> = {}): Promise<number> {
    const { child, outcome } = startSettle(args, {
      url,
      env: {
        SETTLE_LOG: 'trace',
        SETTLE_REDIS_URL: `redis://:${REDIS_PASSWORD}@127.0.0.1:1`,
        SETTLE_TERMINATION_LOG: terminationLog,
        ...env,
      },
    });
    const label = `${args.join(' ')} (${said.size})`;
    const watch = setInterval(() => note(`process list during ${label}`, processList(child.pid)), 50);
    const { code, stdout, stderr } = await outcome;
    clearInterval(watch);
    note(`stdout of ${label}`, stdout);
    note(`stderr of ${label}`, stderr);
    note(`termination message of ${label}`, readIfThere(terminationLog));
    return code;
  }
  const note = (place: string, text: string) => said.set(place, (said.get(place) ?? '') + text);

  async function noteTables(): Promise<void> {
    const database = await openDatabase(bench.url);
    for (const table of await database.dialect.inspect.tables(database.knex)) {
      note(`table ${table}`, JSON.stringify(await database.knex(table).select()));
    }
    await database.close();
  }

  function expectNoTrace(): void {
    const found = [...said].filter(([, text]) => TRACES.some((trace) => trace.test(text))).map(([place]) => place);
    expect(found).toEqual([]);
    // The search itself must have had something to search.
    expect([...said.values()].join('').length).toBeGreaterThan(10_000);
    if (process.platform === 'linux')
      expect([...said.keys()].some((place) => place.startsWith('process list'))).toBe(true);
  }

  test('runs that succeed, and what shows them', async () => {
    const views = join(folder, 'views.csv');
    writeFileSync(views, `video_id,viewer_id,viewed_at,play_seconds\n1,2,${DATE}T05:00:00Z,10\n`);
    expect(await run(['migrate'])).toBe(0);
    expect(await run(['import', 'views', views, '--register-videos'])).toBe(0);
    expect(await run(['seed', '--rows', '2000', '--videos', '10', '--date', DATE])).toBe(0);
    // Redis is away: told, and the password is not.
    await run(['--date', DATE, '--workers', '2']);
    for (const args of [
      ['runs', '--json'],
      ['show', '--last'],
      ['show', '--last', '--json'],
      ['stats', '--date', DATE],
      ['verify', '--date', DATE],
      ['doctor'],
      ['doctor', '--json'],
      ['migrate', '--status', '--json'],
      ['recover'],
    ]) {
      await run(args);
    }
    await noteTables();
    expectNoTrace();
  });

  test('runs that fail', async () => {
    await run(['--date', DATE]);
    expect(await run(['migrate'])).toBe(0);
    const bad = join(folder, 'bad.csv');
    writeFileSync(bad, 'id\nx\n');
    expect(await run(['import', 'views', bad])).toBe(2);
    expect(await run(['import', 'videos', bad])).toBe(2);
    expect(await run(['seed', '--rows', '2000', '--videos', '10', '--date', DATE])).toBe(0);
    const database = await openDatabase(bench.url);
    await database.knex.schema.dropTable('video_daily_stats');
    await database.close();
    expect(await run(['--date', DATE, '--workers', '2'])).toBe(2);
    await user.revoke(['ALL']);
    await user.grant(['SELECT']);
    expect(await run(['--date', '2026-11-21'])).toBe(2);
    await run(['migrate']);
    const change = (how: (url: URL) => void) => {
      const url = new URL(user.url);
      how(url);
      return url.href;
    };
    const other = encodeURIComponent(`${PASSWORD}x`);
    expect(
      await run(
        ['runs'],
        change((url) => Object.assign(url, { password: other })),
      ),
    ).toBe(2);
    expect(
      await run(
        ['runs'],
        change((url) => Object.assign(url, { pathname: '/absent' })),
      ),
    ).toBe(2);
    expect(
      await run(
        ['doctor'],
        change((url) => Object.assign(url, { port: '1' })),
      ),
    ).toBe(1);
    expect(
      await run(
        ['runs'],
        change((url) => Object.assign(url, { hostname: 'absent.invalid', search: '' })),
      ),
    ).toBe(1);
    expect(
      await run(
        ['runs'],
        change((url) => Object.assign(url, { search: '?ssl-mode=maybe' })),
      ),
    ).toBe(2);
    // A URL of Redis that cannot be read.
    await run(['doctor'], bench.url, { SETTLE_REDIS_URL: 'redis://:Hunter3/x@127.0.0.1:1' });
    // A password that was not encoded makes a URL that cannot be read.
    for (const scheme of ['mysql', 'mariadb', 'postgres']) {
      expect(await run(['runs'], `${scheme}://u:Hunter2#/@h/d`)).toBe(2);
      expect(await run(['runs'], `${scheme}://u:1/Hunter2@h/d/e`)).toBe(2);
    }
    await noteTables();
    expectNoTrace();
  });
});

/** Command lines and names of a process and its threads, as `ps` shows them to everybody. */
function processList(pid: number | undefined): string {
  if (process.platform !== 'linux' || pid === undefined) return '';
  const read = (path: string) => readIfThere(`/proc/${pid}/${path}`);
  let threads: string[] = [];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has ended.
  }
  return [read('cmdline'), ...threads.map((thread) => read(`task/${thread}/comm`))].join('\n');
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
