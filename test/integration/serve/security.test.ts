/**
 * What a hostile client gets of `settle serve`: a problem of one line, never a stack, a secret or a file; and the others go
 * on being answered.
 */
import { readFileSync } from 'node:fs';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRunner } from '../../support/database-user.ts';
import { freshPlatform, sampledServers, type TestDatabase } from '../../support/databases.ts';
import { tablePrivileges } from '../../support/platform.ts';
import { type RunningService, startService, TOKEN } from '../../support/serve.ts';
import { isThorough } from '../../support/thorough.ts';

const FUZZED = isThorough ? 10_000 : 1_000;
const SIDE_BY_SIDE = 16;
const SEED = 17;
/** What answers have that no handler makes, as those of handlers have it. */
const AS_EVERY_ANSWER = /content-security-policy: default-src 'none'.*x-content-type-options: nosniff.*problem\+json/s;
const STACK = /\n\s*at |\bat \w[\w.]* \(|node_modules|file:\/\/|\.ts:\d/;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}
interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: SIDE_BY_SIDE });
afterAll(() => agent.destroy());

/** Status 0: the connection was closed without an answer. */
async function send(url: string, { method, path, headers, body }: Sent): Promise<Got> {
  return await new Promise((resolve) => {
    const nothing = () => resolve({ status: 0, headers: {}, text: '' });
    try {
      const sent = httpRequest(url, { method, path, headers: { ...headers }, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (data: string) => {
          text += data;
          // Events do not end by themselves.
          if (String(response.headers['content-type']).startsWith('text/event-stream')) response.destroy();
        });
        response.on('close', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      });
      sent.on('error', nothing);
      sent.end(body);
    } catch {
      // What the client itself does not send.
      nothing();
    }
  });
}

/** Bytes as they are, for what no client would send; everything that came until the end. */
async function sendRaw(url: string, bytes: string): Promise<string> {
  const { port } = new URL(url);
  return await new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes, 'latin1'));
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('data', (data) => {
      text += data.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const VIEW = '{"video_id":1,"viewer_id":2,"viewed_at":"2026-11-20T01:00:00Z","play_seconds":3,"ad_views":0}';
/** Requests that the service takes, to be broken. None of them starts a process when it is whole: actions lack the token. */
const VALID: readonly Sent[] = [
  ...[
    '/api/v1/statistics?date=2026-11-20&limit=10&after=5',
    '/api/v1/statistics?date=2026-11-20&period=week&top=3&by=play_seconds&format=csv',
    '/api/v1/videos/1/days?from=2026-11-01&to=2026-11-30',
    '/api/v1/rankings?date=2026-11-20&kind=popular',
    '/api/v1/settlements?date=2026-11-20',
    '/api/v1/settlements/2026-11-20/videos/1/explanation',
    '/api/v1/rate-cards',
    '/api/v1/challenges/1',
    '/api/v1/challenges/1/users/1/explanation',
    '/api/v1/balances?limit=5&after=1',
    '/api/v1/users/1/statement?after=1.1',
    '/api/v1/users/1/balance/explanation',
    '/api/v1/dates?from=2026-11-01&to=2026-11-20',
    '/api/v1/runs?job=daily&status=COMPLETED&limit=5&before=7',
    '/api/v1/runs/1',
    '/api/v1/runs/1/skipped?limit=5',
    '/api/v1/audit?limit=3',
    '/api/v1/views/online?date=2026-11-20',
    '/assets/app.js',
    '/healthz',
    '/openapi.json',
  ].map((path) => ({ method: 'GET', path, headers: { 'if-none-match': '"x"' } })),
  ...['json', 'x-ndjson'].map((type) => ({
    method: 'POST',
    path: '/api/v1/views',
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'idempotency-key': 'fuzz',
      'content-type': `application/${type}`,
    },
    body: type === 'json' ? `[${VIEW},${VIEW}]` : `${VIEW}\n${VIEW}\n`,
  })),
  {
    method: 'POST',
    path: '/api/v1/actions/run',
    headers: { 'content-type': 'application/json' },
    body: '{"job":"daily","parameters":{"date":"2026-11-20"}}',
  },
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];
const PIECES = [
  '%00',
  '%2e%2e%2f',
  '../',
  '//',
  '%ff',
  "'",
  '"',
  ';',
  '\\',
  '<script>',
  '%',
  '{',
  '-1',
  '9'.repeat(19),
  '9'.repeat(400),
];
const VALUES = [
  '',
  '-1',
  '1e9',
  'NaN',
  '9223372036854775808',
  'null',
  '[]',
  '2026-13-45',
  '0000-00-00',
  "' OR 1=1 --",
  '%F0%9F%92%A9',
  'x'.repeat(3_000),
];

/** The nth request: by halves a mutation of a valid one, and anything. */
function fuzzed(random: () => number): Sent {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)];
  const garbage = (length: number) =>
    String.fromCharCode(...Array.from({ length }, () => 33 + Math.floor(random() * 94)));
  if (random() < 0.5) {
    const path = `/${pick(['', 'api/', 'api/v1/', 'assets/', 'metrics'])}${garbage(Math.floor(random() * 60))}`;
    const body = random() < 0.3 ? Buffer.from(garbage(200)) : undefined;
    const headers = {
      'content-type': pick(['application/json', 'text/plain', garbage(20)]),
      [`x-${Math.floor(random() * 1e6)}`]: garbage(50),
    };
    return { method: pick(METHODS), path: path.replace(/[^\x21-\x7e]/g, ''), headers, body };
  }
  const valid = pick(VALID);
  let { method, path, headers, body } = valid;
  const at = Math.floor(random() * path.length);
  const kind = Math.floor(random() * 6);
  if (kind === 0) method = pick(METHODS);
  if (kind === 1) path = path.slice(0, Math.max(1, at)) + pick(PIECES) + path.slice(at);
  if (kind === 2) path = path.replace(/=[^&]*/, () => `=${encodeURIComponent(pick(VALUES))}`);
  if (kind === 3)
    path = `${path}${path.includes('?') ? '&' : '?'}${pick(['limit', 'date', 'after', '__proto__', 'x[]'])}=${encodeURIComponent(pick(VALUES))}`;
  if (kind === 4)
    headers = {
      ...headers,
      [pick([
        'content-type',
        'origin',
        'sec-fetch-site',
        'content-encoding',
        'if-none-match',
        'idempotency-key',
        'accept',
      ])]: pick([garbage(30), 'null', 'gzip', 'cross-site']),
    };
  if (typeof body === 'string' && kind !== 0) {
    const cut = Math.floor(random() * body.length);
    body =
      body.slice(0, cut) +
      pick([...PIECES, '', '\u0000', '[[[[', '{"__proto__":1}', '1e999']) +
      body.slice(random() < 0.5 ? cut : body.length);
    headers = { ...headers, 'idempotency-key': `fuzz-${Math.floor(random() * 1e9)}` };
  }
  return { method, path, headers, body };
}

describe('a hostile client', () => {
  let database: TestDatabase;
  let service: RunningService;
  beforeAll(async () => {
    database = await freshPlatform('sqlite');
    service = await startService(database.url);
  });
  afterAll(async () => {
    const { code, stderr } = await service.stop();
    await database.drop();
    expect(code).toBe(0);
    expect(stderr).not.toContain(TOKEN);
  });

  const expectHarmless = ({ status, headers, text }: Got, what: string) => {
    expect(text, what).not.toMatch(STACK);
    expect(text.includes(TOKEN) || text.includes(database.url.slice('sqlite:'.length)), what).toBe(false);
    expect(status, `${what}: ${text}`).toBeLessThan(500);
    if (status === 0) return;
    expect(headers['x-content-type-options'], what).toBe('nosniff');
  };

  test('every answer has the headers, whatever its status', async () => {
    const authorization = `Bearer ${TOKEN}`;
    const cases: [Sent, number][] = [
      [{ method: 'GET', path: '/' }, 200],
      [{ method: 'GET', path: '/api/v1/runs' }, 200],
      [{ method: 'GET', path: '/nothing' }, 404],
      [{ method: 'GET', path: '/api/v1/statistics' }, 400],
      [{ method: 'GET', path: '/api/v1/videos/%ff/days' }, 400],
      [{ method: 'POST', path: '/api/v1/views', body: '[]' }, 401],
      [{ method: 'POST', path: '/api/v1/views', headers: { authorization, origin: 'http://other.example' } }, 403],
      [{ method: 'POST', path: '/api/v1/views', headers: { authorization, 'sec-fetch-site': 'cross-site' } }, 403],
      [
        {
          method: 'POST',
          path: '/api/v1/views',
          headers: { authorization, 'idempotency-key': 'a', 'content-type': 'text/plain' },
          body: '[]',
        },
        415,
      ],
    ];
    for (const [sent, status] of cases) {
      const got = await send(service.url, sent);
      expect([sent.path, got.status]).toEqual([sent.path, status]);
      expect(got.headers, sent.path).toMatchObject({
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
      if (status >= 400) expect(got.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    }
  });

  test('no path leads out of what is served', async () => {
    const long = `/api/v1/runs?job=${'x'.repeat(40_000)}`;
    for (const path of [
      ...[
        '/assets/../server.ts',
        '/assets/..%2fserver.ts',
        '/assets/%2e%2e/%2e%2e/server.ts',
        '/assets/..%5cserver.ts',
      ],
      ...[
        '//etc/passwd',
        '/assets//etc/passwd',
        '/assets/app.js%00.html',
        '/%00',
        '/assets/%c0%ae%c0%ae/x',
        '/api//v1//runs',
      ],
      ...['/api/v1/../../etc/passwd', '/api/v1/runs/1%2f..%2f2', '/ASSETS/APP.JS', '/assets/app.js/', long],
      'http://elsewhere.example/etc/passwd',
    ]) {
      const answer = await sendRaw(service.url, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
      expect(answer.slice(0, 12), path.slice(0, 60)).toMatch(/^HTTP\/1\.1 4\d\d/);
      expect(answer, path.slice(0, 60)).not.toMatch(/root:|createServer/);
      expect(answer).not.toMatch(STACK);
    }
    for (const bytes of [
      'GARBAGE\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET / HTTP/1.1\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
    ]) {
      const answer = await sendRaw(service.url, bytes);
      expect(answer, bytes.slice(0, 20)).toMatch(/^HTTP\/1\.1 4\d\d/);
      expect(answer, bytes.slice(0, 20)).toMatch(AS_EVERY_ANSWER);
    }
  });

  test('10 MB of body are refused before they are kept, and slow clients are let go', { timeout: 90_000 }, async () => {
    const { port } = new URL(service.url);
    const head = `POST /api/v1/views HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nIdempotency-Key: slow\r\n`;
    // One byte a second: of the headers, and of a body.
    const slow = [head, `${head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n[`].map((bytes) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes));
      socket.on('error', () => {});
      let text = '';
      socket.on('data', (data) => {
        text += data;
      });
      const dripping = setInterval(() => socket.write('x'), 1_000);
      return new Promise<{ readonly ms: number; readonly text: string }>((resolve) => {
        const startedMs = performance.now();
        socket.on('close', () => {
          clearInterval(dripping);
          resolve({ ms: performance.now() - startedMs, text });
        });
      });
    });
    const kilobytes = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))?.[1]);
    const before = kilobytes();
    const body = Buffer.alloc(10_000_000, 0x20);
    for (let round = 0; round < 10; round++) {
      for (const chunked of [true, false]) {
        const got = await send(service.url, {
          method: 'POST',
          path: round % 2 === 0 ? '/api/v1/views' : '/api/v1/actions/run',
          headers: {
            authorization: `Bearer ${TOKEN}`,
            'idempotency-key': 'large',
            'content-type': 'application/json',
            ...(chunked ? { 'transfer-encoding': 'chunked' } : {}),
          },
          body,
        });
        // The connection may end before the answer is read: the client is still sending.
        expect([0, 413]).toContain(got.status);
      }
    }
    expect(kilobytes() - before).toBeLessThan(60_000);
    for (const { ms, text } of await Promise.all(slow)) {
      expect(ms).toBeLessThan(30_000);
      expect(text).toMatch(/^HTTP\/1\.1 408/);
      expect(text).toMatch(AS_EVERY_ANSWER);
    }
    expect((await send(service.url, { method: 'GET', path: '/healthz' })).status).toBe(200);
  });

  test(`${FUZZED} fuzzed requests get no stack, no secret and no internal error`, { timeout: 300_000 }, async () => {
    const random = randomOf(SEED);
    const requests = Array.from({ length: FUZZED }, () => fuzzed(random));
    const statuses = new Map<number, number>();
    let next = 0;
    const client = async () => {
      while (next < requests.length) {
        const sent = requests[next++];
        const got = await send(service.url, sent);
        statuses.set(got.status, (statuses.get(got.status) ?? 0) + 1);
        expectHarmless(got, `${sent.method} ${sent.path.slice(0, 200)}`);
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, client));
    // The half that is mutated comes further than the router.
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 404]));
    expect(statuses.get(200)).toBeGreaterThan(FUZZED / 20);
    expect(await send(service.url, { method: 'GET', path: '/healthz' })).toMatchObject({ status: 200 });
  });
});

describe.each(sampledServers(import.meta.url))('without a right to one table, on $name', ({ name }) => {
  test('one route is not available, in one line that names nobody; the others go on', async () => {
    const database = await freshPlatform(name);
    const user = await createRunner(database);
    let service: RunningService | undefined;
    try {
      await user.revokeTables({ settle_ranking: tablePrivileges.settle_ranking });
      service = await startService(user.url);
      const refused = await send(service.url, { method: 'GET', path: '/api/v1/rankings?date=2026-11-20' });
      expect([refused.status, refused.headers['content-type']]).toEqual([
        503,
        'application/problem+json; charset=utf-8',
      ]);
      const { detail, code } = JSON.parse(refused.text);
      expect([code, detail]).toEqual(['DATABASE_PRIVILEGE_MISSING', expect.stringMatching(/^[^\n]+$/)]);
      expect(refused.text).not.toContain(new URL(user.url).username);
      expect(refused.text).not.toMatch(STACK);
      for (const path of ['/api/v1/statistics?date=2026-11-20', '/api/v1/runs', '/readyz', '/metrics']) {
        expect([path, (await send(service.url, { method: 'GET', path })).status]).toEqual([path, 200]);
      }
    } finally {
      await service?.stop();
      await user.drop();
      await database.drop();
    }
  });
});
