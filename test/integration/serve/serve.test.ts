/** `settle serve` answers the figures of the command line, refuses what it must, and does what a token allows. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';
import { type RunningService, startService, TOKEN } from '../../support/serve.ts';

const DATE = '2026-11-20';

describe.each(sampledDatabases(import.meta.url))('settle serve on $name', ({ name }) => {
  let database: TestDatabase;
  let service: RunningService;
  const settle = async (...args: string[]) => await runSettle(args, { url: database.url });
  const commandJson = async (...args: string[]) => JSON.parse((await settle(...args, '--json')).stdout);
  const get = async (path: string, headers: Record<string, string> = {}) =>
    await fetch(`${service.url}${path}`, { headers });
  const json = async (path: string) => JSON.parse(await (await get(path)).text());
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
    await fetch(`${service.url}/api/v1/actions/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
      body: JSON.stringify(body),
    });

  beforeAll(async () => {
    database = await freshPlatform(name);
    for (const args of [
      ['seed', '--date', DATE, '--rows', '4000', '--videos', '300', '--viewers', '900', '--creators', '20'],
      ['seed', '--date', DATE, '--challenges', '5', '--members', '4'],
      ['--date', DATE],
    ]) {
      const { code, stderr } = await settle(...args);
      expect([0, 3], stderr).toContain(code);
    }
    service = await startService(database.url);
  });
  afterAll(async () => {
    const { code } = await service.stop();
    await database.drop();
    expect(code).toBe(0);
  });

  test('is alive and ready', async () => {
    expect(await json('/healthz')).toEqual({ status: 'ok' });
    expect(await json('/readyz')).toEqual({ status: 'ok', migrationsMissing: 0 });
  });

  test.each(['day', 'week', 'month'])(
    'statistics and settlements of a %s are those of the command line',
    async (period) => {
      const stats = await commandJson('stats', '--date', DATE, '--period', period);
      const served = await json(`/api/v1/statistics?date=${DATE}&period=${period}&limit=10000`);
      expect(served.rows).toEqual(stats.rows);
      expect(served.rows.length).toBeGreaterThan(100);
      const top = await commandJson('stats', '--date', DATE, '--period', period, '--top', '7', '--by', 'play_seconds');
      expect((await json(`/api/v1/statistics?date=${DATE}&period=${period}&top=7&by=play_seconds`)).rows).toEqual(
        top.rows,
      );
      const paid = await commandJson('settlement', '--date', DATE, '--period', period);
      const answer = await json(`/api/v1/settlements?date=${DATE}&period=${period}&limit=10000`);
      expect(answer.rows).toEqual(paid.rows);
      for (const kind of ['stats', 'settlement']) {
        const { stdout } = await settle(kind, '--date', DATE, '--period', period, '--format', 'csv');
        const path = kind === 'stats' ? 'statistics' : 'settlements';
        const response = await get(`/api/v1/${path}?date=${DATE}&period=${period}&format=csv&limit=10000`);
        expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
        expect(await response.text()).toBe(stdout);
      }
    },
  );

  test('pages by key give every row once', async () => {
    const all = (await json(`/api/v1/statistics?date=${DATE}&limit=10000`)).rows;
    const rows = [];
    let after = '';
    for (;;) {
      const page = await json(`/api/v1/statistics?date=${DATE}&limit=97${after}`);
      rows.push(...page.rows);
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    expect(rows).toEqual(all);
  });

  test('the days of a video are its rows of each date, in whatever order periods are asked for', async () => {
    const [row] = (await json(`/api/v1/statistics?date=${DATE}&limit=1`)).rows;
    const days = async (from: string, to: string) =>
      (await json(`/api/v1/videos/${row.video_id}/days?from=${from}&to=${to}`)).rows;
    const first = '2026-11-01';
    for (const [to, expected] of [
      ['2026-11-19', []],
      [DATE, [{ date: DATE, ...row }]],
      ['2026-11-30', [{ date: DATE, ...row }]],
      // More than are named.
      ['2029-11-30', [{ date: DATE, ...row }]],
      ['2026-11-19', []],
      ['2026-10-31', []],
    ] as const) {
      expect(await days(first, to), to).toEqual(expected);
    }
    expect(await days(DATE, DATE)).toEqual([{ date: DATE, ...row }]);
    const csv = await get(`/api/v1/videos/${row.video_id}/days?from=${DATE}&to=${DATE}&format=csv`);
    expect(await csv.text()).toBe(
      `date,video_id,views,ad_views,play_seconds\n${DATE},${row.video_id},${row.views},${row.ad_views},${row.play_seconds}\n`,
    );
  });

  test('runs, steps, skipped records, dates, balances, statements, explanations and challenges are those of the command line', async () => {
    const runs = await commandJson('runs');
    expect((await json('/api/v1/runs')).rows).toEqual(runs);
    const id = runs[0].id;
    expect(await json(`/api/v1/runs/${id}`)).toEqual(await commandJson('show', String(id)));
    expect((await json(`/api/v1/runs/${id}/skipped?limit=1000`)).records).toEqual(
      await commandJson('skipped', String(id)),
    );
    const dates = await commandJson('dates', '--from', DATE, '--to', DATE);
    expect((await json(`/api/v1/dates?from=${DATE}&to=${DATE}`)).rows).toEqual(dates);
    const { stdout } = await settle('ledger', 'balances');
    expect(await (await get('/api/v1/balances?format=csv&limit=10000')).text()).toBe(stdout);
    const user = stdout.split('\n')[1].split(',')[0];
    const statement = await commandJson('ledger', 'statement', '--user', user);
    expect((await json(`/api/v1/users/${user}/statement`)).rows).toEqual(statement);
    const first = await json(`/api/v1/users/${user}/statement?limit=1`);
    const rest = first.next === null ? [] : (await json(`/api/v1/users/${user}/statement?after=${first.next}`)).rows;
    expect([...first.rows, ...rest]).toEqual(statement);
    expect(await json(`/api/v1/users/${user}/balance/explanation`)).toEqual(
      await commandJson('explain', 'balance', '--user', user),
    );
    const video = (await json(`/api/v1/settlements?date=${DATE}&limit=1`)).rows[0].video_id;
    expect(await json(`/api/v1/settlements/${DATE}/videos/${video}/explanation`)).toEqual(
      await commandJson('explain', 'settlement', '--date', DATE, '--video', String(video)),
    );
    const challenge = await commandJson('challenge', 'show', '1');
    expect(await json('/api/v1/challenges/1')).toEqual({ ...challenge, next: null });
  });

  test('who has an answer gets 304', async () => {
    const path = `/api/v1/statistics?date=${DATE}&top=3`;
    const tag = (await get(path)).headers.get('etag')!;
    const again = await get(path, { 'if-none-match': tag });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('what is wrong is a problem of one line, never a stack', async () => {
    const wrong: [string, number][] = [
      ['/api/v1/nothing', 404],
      ['/assets/../server.ts', 404],
      ['/assets/%2e%2e/server.ts', 404],
      ['/api/v1/statistics', 400],
      ['/api/v1/statistics?date=2026-02-30', 400],
      [`/api/v1/statistics?date=${DATE}&limit=0`, 400],
      [`/api/v1/statistics?date=${DATE}&after=1%20OR%201=1`, 400],
      [`/api/v1/statistics?date=${DATE}&more=1`, 400],
      ['/api/v1/runs/999999', 404],
      ['/api/v1/runs/x', 400],
      ['/api/v1/dates?from=2026-11-20&to=2026-11-01', 400],
      ['/api/v1/challenges/4711', 400],
    ];
    for (const [path, status] of wrong) {
      const response = await get(path);
      const text = await response.text();
      expect([path, response.status]).toEqual([path, status]);
      expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(JSON.parse(text)).toMatchObject({
        type: 'about:blank',
        status,
        detail: expect.stringMatching(/^[^\n]+$/),
      });
      expect(text).not.toMatch(/\bat \w+ \(|node_modules|\.ts:/);
    }
  });

  test('headers: nothing from elsewhere, and only under its own name', async () => {
    const { headers } = await get('/');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const status = await new Promise<number | undefined>((resolve, reject) => {
      httpRequest(`${service.url}/api/v1/runs`, { headers: { host: 'rebound.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(421);
  });

  test('the description names every path that is served', async () => {
    const { openapi, paths } = await json('/openapi.json');
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/healthz',
        '/metrics',
        '/api/v1/statistics',
        '/api/v1/runs/{id}',
        '/api/v1/actions/run',
        '/api/v1/views',
        '/api/v1/views/online',
      ]),
    );
    for (const [path, methods] of Object.entries<Record<string, { summary?: string }>>(paths)) {
      for (const { summary } of Object.values(methods)) expect(summary, path).toMatch(/./);
    }
  });

  test('metrics are those of the runs, without ids in labels', async () => {
    const text = await (await get('/metrics')).text();
    expect(text).toMatch(/^settle_database_up 1$/m);
    expect(text).toMatch(/^settle_view_rows\{verdict="read"\} 4000$/m);
    expect(text).toMatch(/^settle_ledger_sum 0$/m);
    expect(text).toMatch(/^settle_job_last_success_timestamp_seconds\{name="daily"\} 1\d{9}(\.\d+)?$/m);
    expect(text).toMatch(/^settle_step_last_items\{job_name="daily",name="daily-statistics",kind="read"\} 4000$/m);
    expect(text).not.toMatch(/\{[^}]*(execution|video_id|user_id)=/);
  });

  test('nothing is done without the token, from another site, or beside the schema', async () => {
    const runs = (await json('/api/v1/runs')).rows.length;
    expect((await post('run', { job: 'daily', parameters: { date: DATE } }, { authorization: '' })).status).toBe(401);
    expect(
      (await post('run', { job: 'daily', parameters: { date: DATE } }, { authorization: 'Bearer wrong' })).status,
    ).toBe(401);
    expect((await post('run', { job: 'daily' }, { origin: 'http://other.example' })).status).toBe(403);
    expect((await post('run', { job: '--help' })).status).toBe(400);
    expect((await post('run', { job: 'daily', parameters: { 'Not-a-name': 'x' } })).status).toBe(400);
    expect((await post('stop', { id: '1; DROP' })).status).toBe(400);
    expect((await json('/api/v1/runs')).rows).toHaveLength(runs);
  });

  test('actions are those of the command line, with its refusals, and are written down', async () => {
    const refused = await post('run', { job: 'nightly' });
    expect([400, 202]).toContain(refused.status);
    const closed = await post('close', { date: DATE }, { 'x-settle-actor': 'night shift' });
    expect([200, 202]).toContain(closed.status);
    await expect
      .poll(async () => (await json('/api/v1/audit')).rows.every((row: { endedAt?: string }) => row.endedAt), {
        timeout: 60_000,
      })
      .toBe(true);
    const { rows } = await json('/api/v1/audit');
    expect(rows.map((row: { action: string; exitCode: number }) => [row.action, row.exitCode])).toEqual([
      ['close', 0],
      ['run', 2],
    ]);
    expect(rows[0].actor).toMatch(/^127\.0\.0\.1 night shift$/);
    expect(rows[1].message).toMatch(/^unknown job "nightly"/);
    expect((await json(`/api/v1/dates?from=${DATE}&to=${DATE}`)).rows[0].state).toBe('closed');
  });

  test('events bring the runs, and end with the client', async () => {
    const stop = new AbortController();
    const response = await fetch(`${service.url}/api/v1/events`, { signal: stop.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    let text = '';
    for await (const bytes of response.body!) {
      text += Buffer.from(bytes).toString();
      if (text.includes('event: runs')) break;
    }
    stop.abort();
    expect(JSON.parse(/^data: (.*)$/m.exec(text)![1])[0]).toMatchObject({
      job: expect.any(String),
      status: 'COMPLETED',
    });
  });
});

describe('a start of settle serve', () => {
  const serve = async (...args: string[]) => await runSettle(['serve', ...args], { url: 'sqlite::memory:' });

  test('is refused in one line for a bad address, an open one without token, and half of TLS', async () => {
    expect(await serve('--listen', 'nowhere')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^settle: --listen: "nowhere" is no address/),
    });
    expect(await serve('--listen', '0.0.0.0:0')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/needs --token-file/),
    });
    expect(await serve('--tls-cert', '/none')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/belong together/),
    });
  });
});

test('a body that is too large, and a client that is slow, cost the others nothing', async () => {
  const database = await freshPlatform('sqlite');
  const service = await startService(database.url);
  try {
    const { port } = new URL(service.url);
    const slow = Array.from({ length: 50 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}));
    for (const socket of slow) socket.write('POST /api/v1/actions/run HTTP/1.1\r\nhost: 127.0.0.1\r\n');
    const large = await fetch(`${service.url}/api/v1/actions/run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ job: 'x'.repeat(10_000_000) }),
    }).catch(() => undefined);
    expect([undefined, 413]).toContain(large?.status);
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    for (const socket of slow) socket.destroy();
  } finally {
    expect((await service.stop()).code).toBe(0);
    await database.drop();
  }
});
