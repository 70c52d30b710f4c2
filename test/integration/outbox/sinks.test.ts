/** What each kind of sink does with messages and with trouble, by real receivers; and the commands, as processes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, stringDeserializers } from '@platformatic/kafka';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { relay } from '../../../src/jobs/outbox/lanes/relay.ts';
import { openSinks } from '../../../src/jobs/outbox/sinks/open-sinks.ts';
import { listDead, readHistory } from '../../../src/jobs/outbox/store/outbox-state.ts';
import { postToOutbox } from '../../../src/outbox/post-to-outbox.ts';
import { freshPlatform, type TestDatabase } from '../../support/databases.ts';
import { runSettle, startSettle } from '../../support/run-settle.ts';
import { kafkaIsMissing, startKafka } from '../../support/servers/kafka.ts';
import { hasPrivateRedis, startPrivateRedis } from '../../support/servers/private-redis.ts';
import { startReceiver } from './receiver.ts';

let place: TestDatabase;
let database: Database;

beforeEach(async () => {
  place = await freshPlatform('sqlite');
  database = await openDatabase(place.url);
});
afterEach(async () => {
  await database.close();
  await place.drop();
});

async function post(count: number, key = (n: number) => `user/${n % 7}`): Promise<void> {
  await database.transaction((tx) =>
    postToOutbox(
      tx,
      database,
      Array.from({ length: count }, (_, n) => ({ topic: 'payout', key: key(n), payload: `{"n":${n}}` })),
    ),
  );
}

async function deliverOnce(url: string | readonly string[]) {
  const sinks = await openSinks({ '*': url }, undefined, database);
  const { signal } = new AbortController();
  try {
    return await relay({ database, sinks, once: true, signal, random: () => 1, onProblem: () => {} });
  } finally {
    await sinks.close();
  }
}

const idsOf = (some: readonly { readonly id: number }[]) => some.map(({ id }) => id);

function expectEachInOrder(received: readonly { readonly id: number; readonly key: string }[], count: number): void {
  expect([...new Set(idsOf(received))].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n + 1));
  for (const some of Map.groupBy(received, ({ key }) => key).values())
    expect(idsOf(some)).toEqual(idsOf(some).toSorted((a, b) => a - b));
}

describe.skipIf(!hasPrivateRedis)('a Redis Stream', () => {
  test('has every message with its fields; one that is away or full costs no message a try', async () => {
    const redis = await startPrivateRedis();
    try {
      await post(500);
      await redis.client.config('SET', 'maxmemory', '1');
      const full = await deliverOnce(`${redis.url}/notices`);
      expect(full).toMatchObject({ sent: 0, failed: 0, dead: 0, unavailable: expect.stringContaining('OOM') });
      await redis.client.config('SET', 'maxmemory', '0');
      expect(await deliverOnce('redis://127.0.0.1:1/notices')).toMatchObject({ sent: 0, failed: 0, dead: 0 });
      expect(await deliverOnce(`${redis.url}/notices?maxlen=100000`)).toMatchObject({
        sent: 500,
        unavailable: undefined,
      });
      const entries = await redis.client.xrange('notices', '-', '+');
      const rows = entries.map(([, fields]) =>
        Object.fromEntries(fields.flatMap((name, at) => (at % 2 === 0 ? [[name, fields[at + 1]]] : []))),
      );
      expectEachInOrder(
        rows.map(({ id, key }) => ({ id: Number(id), key })),
        500,
      );
      expect(rows.find(({ id }) => id === '3')).toMatchObject({ topic: 'payout', key: 'user/2', payload: '{"n":2}' });
    } finally {
      await redis.stop();
    }
  });
});

describe.skipIf(kafkaIsMissing() !== undefined)(`a Kafka topic (${kafkaIsMissing() ?? 'Kafka 4.2'})`, () => {
  let kafka: Awaited<ReturnType<typeof startKafka>>;
  beforeAll(async () => {
    kafka = await startKafka();
  }, 300_000);
  afterAll(async () => await kafka?.stop());

  test('has every message once, in order for its key, with the headers of an outbox event', async () => {
    await post(1_000);
    expect(await deliverOnce('kafka://127.0.0.1:1/notices')).toMatchObject({ sent: 0, failed: 0, dead: 0 });
    let result = await deliverOnce(`kafka://${kafka.address}/notices`);
    // A topic that is made by the first message is not there at once.
    for (let again = 0; result.unavailable !== undefined && again < 20; again++) {
      await sleep(500);
      result = await deliverOnce(`kafka://${kafka.address}/notices`);
    }
    expect(result.unavailable).toBeUndefined();
    const consumer = new Consumer({
      groupId: 'test',
      clientId: 'test',
      bootstrapBrokers: [kafka.address],
      deserializers: stringDeserializers,
    });
    const stream = await consumer.consume({ topics: ['notices'], mode: 'earliest', autocommit: false });
    const received: { id: number; key: string; value: string; type: string }[] = [];
    for await (const { key, value, headers } of stream) {
      received.push({
        id: Number(headers.get('id')),
        key: String(key),
        value: String(value),
        type: String(headers.get('type')),
      });
      if (received.length === 1_000) break;
    }
    await consumer.close(true);
    expectEachInOrder(received, 1_000);
    expect(received.find(({ id }) => id === 3)).toMatchObject({ key: 'user/2', value: '{"n":2}', type: 'payout' });
  }, 120_000);
});

describe('an HTTP receiver', () => {
  test('is not asked again before its Retry-After, and not at all for a while after failing in a row', async () => {
    let reply: { status: number; headers?: Record<string, string> } | undefined = {
      status: 503,
      headers: { 'retry-after': '1' },
    };
    const receiver = await startReceiver(() => reply);
    const sinks = await openSinks({ '*': receiver.url }, undefined, database);
    const [sink] = sinks.of('any')!;
    const message = { id: 1n, topic: 't', key: 'k', payload: '{}', createdAt: '2026-01-01T00:00:00.000Z' };
    try {
      expect(await sink.send([message])).toMatchObject({ kind: 'unavailable', retryAfterMs: 1_000 });
      expect(await sink.send([message])).toMatchObject({
        kind: 'unavailable',
        text: expect.stringContaining('breaker'),
      });
      expect(receiver.requests.length).toBe(1);
      await sleep(1_050);
      reply = undefined;
      expect(await sink.send([message])).toMatchObject({ kind: 'sent' });
      reply = { status: 500 };
      for (let asked = 0; asked < 12; asked++) expect(await sink.send([message])).toMatchObject({ kind: 'failed' });
      expect(await sink.send([message])).toMatchObject({ kind: 'unavailable' });
      expect(receiver.requests.length).toBe(14);
    } finally {
      await sinks.close();
      await receiver.stop();
    }
  });
});

describe('a topic with two receivers', () => {
  test('is delivered when both have it; a try asks only the one that lacks it, and each has it in order', async () => {
    let isAway = true;
    const one = await startReceiver(() => undefined);
    const other = await startReceiver((messages) => {
      if (isAway) return { status: 503, headers: { 'retry-after': '0' } };
      return messages.some(({ id }) => id === 3) ? { status: 410 } : undefined;
    });
    try {
      await post(20);
      const away = await deliverOnce([one.url, other.url]);
      expect(away).toMatchObject({ sent: 0, failed: 0, dead: 0, unavailable: expect.stringContaining('503') });
      expectEachInOrder(one.taken, 20);
      expect(await readHistory(database, 1n)).toMatchObject({ state: 'waiting', attempts: [{ outcome: 'partial' }] });
      isAway = false;
      expect(await deliverOnce([one.url, other.url])).toMatchObject({ sent: 19, dead: 1, unavailable: undefined });
      expect(one.taken.length).toBe(20);
      expectEachInOrder(
        [...other.taken, { id: 3, key: 'dead' }].toSorted((a, b) => a.id - b.id),
        20,
      );
      for (const some of Map.groupBy(other.taken, ({ key }) => key).values())
        expect(idsOf(some)).toEqual(idsOf(some).toSorted((a, b) => a - b));
      const { state, attempts } = await readHistory(database, 3n);
      expect([state, attempts.at(-1)]).toMatchObject(['dead', { outcome: 'dead', answer: `${other.url}: 410 Gone` }]);
    } finally {
      await Promise.all([one.stop(), other.stop()]);
    }
  });
});

describe('a push gateway', () => {
  test('gets the valid tokens of each user; one that it calls unregistered is marked, and not used again', async () => {
    const gateway = await startReceiver((messages) => {
      // As it answers one message alone: by a status. And many: by a list.
      const users = messages.map(({ payload }) => (payload as { userId: string }).userId);
      if (users.includes('4')) return { status: 410 };
      return { status: 200, body: JSON.stringify({ unregistered: ['old', 'a3', 'somebody’s'] }) };
    });
    const tokens = [
      ...[
        { user_id: 1, platform: 'web', token: 'w1' },
        { user_id: 1, platform: 'ios', token: 'old' },
      ],
      ...[
        { user_id: 3, platform: 'android', token: 'a3' },
        { user_id: 4, platform: 'web', token: 'w4' },
      ],
      { user_id: 5, platform: 'web', token: 'w5', invalid_at: '2026-01-01 00:00:00.000' },
      // Another user's token of the same text is not spoken of.
      { user_id: 6, platform: 'web', token: 'somebody’s', invalid_at: '2026-01-01 00:00:00.000' },
    ];
    const tell = async (users: readonly number[]) =>
      await database.transaction((tx) =>
        postToOutbox(
          tx,
          database,
          users.map((userId) => ({ topic: 'won', key: `user/${userId}`, payload: `{"userId":"${userId}"}` })),
        ),
      );
    try {
      for (const row of tokens) await database.knex('notification_token').insert(row);
      await tell([1, 2, 3, 4, 5]);
      const url = `push+${gateway.url}`;
      expect(await deliverOnce(url)).toMatchObject({ sent: 1, failed: 0, dead: 4 });
      const answers = new Map((await listDead(database.knex, undefined, 10)).map(({ key, answer }) => [key, answer]));
      expect(Object.fromEntries(answers)).toEqual({
        'user/2': 'user 2 has no valid token',
        'user/3': 'its tokens are unregistered',
        'user/4': 'user 4 has no valid token',
        'user/5': 'user 5 has no valid token',
      });
      const valid = await database.knex('notification_token').whereNull('invalid_at').pluck('token');
      expect(valid).toEqual(['w1']);
      await tell([1]);
      expect(await deliverOnce(url)).toMatchObject({ sent: 1, dead: 0 });
      const told = gateway.requests.flatMap(({ body }) => JSON.parse(body)).filter(({ key }) => key === 'user/1');
      expect(told.map(({ tokens: some }) => some)).toEqual([
        ...[
          [
            { platform: 'ios', token: 'old' },
            { platform: 'web', token: 'w1' },
          ],
          [{ platform: 'web', token: 'w1' }],
        ],
      ]);
    } finally {
      await gateway.stop();
    }
  });
});

describe('the commands', () => {
  test('a relay that is killed delivers one batch again at most, and the next one names it', async () => {
    const receiver = await startReceiver(
      () => undefined,
      () => 50,
    );
    try {
      await post(5_000, (n) => `user/${n % 97}`);
      const child = startSettle(['relay', '--sink', receiver.url], { url: place.url, timeoutMs: 110_000 });
      for (let waited = 0; receiver.requests.length < 3 && waited < 30_000; waited += 5) await sleep(5);
      child.child.kill('SIGKILL');
      await child.outcome;
      expect(receiver.openMax()).toBe(1);
      await deliverOnce(receiver.url);
      const times = Map.groupBy(receiver.taken, ({ id }) => id);
      const repeated = [...times].filter(([, some]) => some.length > 1).map(([id]) => id);
      const batch = Math.max(...receiver.requests.map(({ body }) => JSON.parse(body).length));
      expect([times.size, repeated.length <= batch]).toEqual([5_000, true]);
      const named = await database.knex('settle_outbox_attempt').where({ outcome: 'unknown' }).pluck('outbox_id');
      expect(named.map(Number)).toEqual(expect.arrayContaining(repeated));
      expect(named.length).toBeLessThanOrEqual(batch);
    } finally {
      await receiver.stop();
    }
  }, 120_000);

  test('a relay that is stopped for longer than its lease delivers nothing out of order when it wakes; SIGTERM ends it', async () => {
    // On SQLite a process that is stopped within a transaction stops all others.
    await database.close();
    await place.drop();
    place = await freshPlatform('mariadb');
    database = await openDatabase(place.url);
    let delayMs = 6_000;
    const receiver = await startReceiver(
      () => undefined,
      () => delayMs,
    );
    try {
      // One key, one lane: no other one has anything to do.
      await post(4_000, () => 'user/1');
      const child = startSettle(['relay', '--sink', receiver.url], { url: place.url, timeoutMs: 110_000 });
      const lanes = async () =>
        await database.knex('settle_claim').where('name', 'like', 'outbox/lane/%').pluck('name');
      // It waits for an answer and takes no more lanes: it is within no transaction, which would hold its locks.
      for (let waited = 0; waited < 30_000 && (receiver.taken.length === 0 || (await lanes()).length < 8); waited += 20)
        await sleep(20);
      await sleep(200);
      child.child.kill('SIGSTOP');
      // The lease is over: its process lives, and may not be known to be gone.
      await database.knex('settle_claim').update({ expires_at: '2026-01-01 00:00:00.000000' });
      delayMs = 0;
      const other = await deliverOnce(receiver.url);
      expect(other.sent).toBeGreaterThan(2_000);
      child.child.kill('SIGCONT');
      await sleep(1_500);
      child.child.kill('SIGTERM');
      expect(await child.outcome).toMatchObject({ code: 143 });
      const firsts = receiver.taken.filter(({ id }, at) => receiver.taken.findIndex((one) => one.id === id) === at);
      expectEachInOrder(firsts, 4_000);
    } finally {
      await receiver.stop();
    }
  }, 120_000);

  test('deliver what is due once, list dead letters, and replay them', async () => {
    let isPoison = true;
    const receiver = await startReceiver((messages) =>
      isPoison && messages.some(({ id }) => id === 2) ? { status: 410, body: 'gone' } : undefined,
    );
    const options = { url: place.url, env: { SETTLE_SINKS: JSON.stringify({ payout: receiver.url }) } };
    try {
      await post(5);
      const once = await runSettle(['relay', '--once', '--json'], options);
      expect({ code: once.code, result: JSON.parse(once.stdout) }).toMatchObject({
        code: 3,
        result: { sent: 4, dead: 1 },
      });
      const dead = await runSettle(['outbox', 'dead', '--topic', 'payout', '--json'], options);
      expect(JSON.parse(dead.stdout)).toMatchObject([{ id: 2, key: 'user/1', answer: '410 Gone gone', attempts: 1 }]);
      expect((await runSettle(['outbox', 'replay', '2'], options)).stdout).toContain('1 dead letter');
      isPoison = false;
      expect((await runSettle(['run', 'deliver', '--date', '2026-11-20'], options)).code).toBe(0);
      expectEachInOrder(
        receiver.taken.toSorted((a, b) => a.id - b.id),
        5,
      );
    } finally {
      await receiver.stop();
    }
  });
});
