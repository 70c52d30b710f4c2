/** Deliveries to a real HTTP receiver: what is sent, in which order, what is tried again, what is dead. */
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { claimedTransaction, claimOwner, releaseClaim, takeClaim } from '../../../src/engine/claim.ts';
import { isOwnershipLost } from '../../../src/engine/fence.ts';
import { relay } from '../../../src/jobs/outbox/lanes/relay.ts';
import { openSinks } from '../../../src/jobs/outbox/sinks/open-sinks.ts';
import { laneOf, readNew } from '../../../src/jobs/outbox/store/lane-store.ts';
import {
  purgeDelivered,
  readHistory,
  readOutboxState,
  replayDead,
} from '../../../src/jobs/outbox/store/outbox-state.ts';
import { postToOutbox } from '../../../src/outbox/post-to-outbox.ts';
import { freshPlatform, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';
import { type Received, startReceiver } from './receiver.ts';

const SECRET = 'a secret of the test';

describe.each(testDatabases())('the relay on $name', ({ name }) => {
  let place: TestDatabase;
  let database: Database;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let isPoison: (message: Received) => boolean;
  let status: number;

  beforeEach(async () => {
    place = await freshPlatform(name);
    database = await openDatabase(place.url);
    isPoison = () => false;
    status = 500;
    receiver = await startReceiver((messages) =>
      messages.some(isPoison) ? { status, body: 'no\nthanks' } : undefined,
    );
  });
  afterEach(async () => {
    await receiver.stop();
    await database.close();
    await place.drop();
  });

  async function post(count: number, key: (n: number) => string): Promise<void> {
    await database.transaction((tx) =>
      postToOutbox(
        tx,
        database,
        Array.from({ length: count }, (_, n) => ({ topic: n % 2 ? 'a' : 'b', key: key(n), payload: `{"n":${n}}` })),
      ),
    );
  }

  async function deliverOnce() {
    const sinks = await openSinks({ '*': receiver.url }, SECRET, database);
    const problems: string[] = [];
    const { signal } = new AbortController();
    // The longest wait there is: no try comes while a slow machine still works on the batch.
    const result = await relay({
      database,
      sinks,
      once: true,
      signal,
      random: () => 1,
      onProblem: (text) => problems.push(text),
    });
    await sinks.close();
    return { ...result, problems };
  }

  test('delivers every committed message once, in order for its key, signed', async () => {
    await post(1_000, (n) => `user/${n % 37}`);
    await expect(
      database.transaction(async (tx) => {
        await postToOutbox(tx, database, [{ topic: 'a', key: 'x', payload: '1' }]);
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect(await deliverOnce()).toMatchObject({ sent: 1_000, failed: 0, dead: 0, problems: [] });
    expect(receiver.taken.map(({ id }) => id).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1_000 }, (_, n) => n + 1),
    );
    for (const some of Map.groupBy(receiver.taken, ({ key }) => key).values()) {
      expect(some.map(({ id }) => id)).toEqual(some.map(({ id }) => id).toSorted((a, b) => a - b));
    }
    const [{ headers, body }] = receiver.requests;
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', SECRET).update(signed).digest('base64')}`);
    expect(receiver.taken[0]).toMatchObject({ payload: { n: receiver.taken[0].id - 1 } });
    expect(await deliverOnce()).toMatchObject({ sent: 0 });
    expect(await readOutboxState(database)).toMatchObject({ waiting: 0, dead: 0, lanesTaken: 0, relays: 0 });
    expect(await readHistory(database, 7n)).toMatchObject({
      state: 'sent',
      attempts: [{ attempt: 1, outcome: 'sent' }],
    });
  });

  test('holds back the key of a message that failed, and nothing else, until its time', async () => {
    isPoison = ({ id }) => id === 11;
    await post(300, (n) => `user/${n % 10}`);
    const behind = 28;
    expect(await deliverOnce()).toMatchObject({ sent: 300 - 1 - behind - 1 + 1, failed: 1, dead: 0 });
    expect(receiver.taken.filter(({ key, id }) => key === 'user/0' && id > 11)).toEqual([]);
    expect(await readOutboxState(database)).toMatchObject({ retrying: 1, heldBack: behind, oldestId: 11n });
    isPoison = () => false;
    await database
      .knex('settle_outbox_held')
      .where({ id: 11 })
      .update({ next_attempt_at: '2999-01-01 00:00:00.000000' });
    expect((await deliverOnce()).sent).toBe(0);
    await database
      .knex('settle_outbox_held')
      .where({ id: 11 })
      .update({ next_attempt_at: '2026-01-01 00:00:00.000000' });
    expect((await deliverOnce()).sent).toBe(behind + 1);
    const ids = receiver.taken.filter(({ key }) => key === 'user/0').map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(await readHistory(database, 11n)).toMatchObject({
      state: 'sent',
      attempts: [
        { outcome: 'failed', answer: '500 Internal Server Error no thanks' },
        { attempt: 2, outcome: 'sent' },
      ],
    });
  });

  test('sends to the dead letters at once what is refused for good, and after its tries what fails; both are replayed', async () => {
    isPoison = ({ id }) => id === 3;
    status = 410;
    await post(20, (n) => `user/${n}`);
    expect(await deliverOnce()).toMatchObject({ sent: 19, failed: 0, dead: 1 });
    expect(await readHistory(database, 3n)).toMatchObject({ state: 'dead', attempts: [{ outcome: 'dead' }] });
    status = 500;
    expect(await replayDead(database, { id: 3n })).toBe(1);
    for (let tries = 0; tries < 4; tries++) {
      await deliverOnce();
      await database.knex('settle_outbox_held').where({ state: 'waiting' }).update({ next_attempt_at: null });
    }
    expect((await readHistory(database, 3n)).attempts.map(({ outcome }) => outcome)).toEqual([
      'dead',
      'failed',
      'failed',
      'failed',
      'dead',
    ]);
    await database.knex('settle_outbox').where('id', '<=', 10).update({ created_at: '2020-01-01 00:00:00.000' });
    const purged = await runSettle(['purge', '--days', '1', '--json'], { url: place.url });
    expect(JSON.parse(purged.stdout).also).toContainEqual({ what: 'delivered messages', removed: 9 });
    expect(await purgeDelivered(database, new Date(Date.now() + 86_400_000), false)).toBe(10);
    expect((await database.knex('settle_outbox').pluck('id')).map(Number)).toEqual([3]);
    isPoison = () => false;
    expect(await replayDead(database, { topic: 'b' })).toBe(1);
    expect(await deliverOnce()).toMatchObject({ sent: 1 });
  });

  test('counts nothing against messages while the receiver is away', async () => {
    await post(50, (n) => `user/${n}`);
    await receiver.stop();
    const away = await deliverOnce();
    expect(away).toMatchObject({ sent: 0, failed: 0, dead: 0 });
    expect(away.unavailable).toContain('ECONNREFUSED');
    expect(await readOutboxState(database)).toMatchObject({ waiting: 50, retrying: 0, dead: 0 });
  });

  test('shares lanes: two relays deliver everything once', async () => {
    await post(2_000, (n) => `user/${n % 100}`);
    const results = await Promise.all([deliverOnce(), deliverOnce()]);
    expect(results[0].sent + results[1].sent).toBe(2_000);
    expect(receiver.taken.length).toBe(2_000);
  });

  test('names what may come twice after a relay has ended on its way, and numbers its attempts on', async () => {
    await post(30, (n) => `user/${n % 3}`);
    const { lane } = await database
      .knex('settle_outbox_lane')
      .whereIn(
        'lane',
        (await laneSizes(database)).map(([one]) => one),
      )
      .first('lane');
    // As a relay leaves it that is killed between a delivery and its note.
    await database.knex('settle_outbox_lane').where({ lane }).update({ in_flight: '{"upTo":"20","held":[]}' });
    const marked = (await readNew(database, Number(lane), { after: 0n, upTo: 20n, limit: 100 })).map(({ id }) => id);
    const { sent, problems } = await deliverOnce();
    expect(sent).toBe(30);
    expect(problems).toEqual([
      `a relay ended on its way: ${marked.length} messages may come twice, rows ${marked[0]} to ${marked.at(-1)}`,
    ]);
    expect((await readHistory(database, marked[0])).attempts.map(({ outcome }) => outcome)).toEqual([
      'unknown',
      'sent',
    ]);
    const left = await database.knex('settle_outbox_lane').whereNotNull('in_flight').pluck('lane');
    expect(left).toEqual([]);
    expect((await deliverOnce()).problems).toEqual([]);
  });

  test('numbers attempts on behind an owner that could not deliver, and delivers once', async () => {
    await post(6, () => 'user/1');
    const [[lane]] = await laneSizes(database);
    await database.knex('settle_outbox_lane').where({ lane }).update({ in_flight: '{"upTo":"6","held":[]}' });
    await receiver.stop();
    expect(await deliverOnce()).toMatchObject({ sent: 0 });
    receiver = await startReceiver(() => undefined);
    expect(await deliverOnce()).toMatchObject({ sent: 6 });
    expect(receiver.taken.length).toBe(6);
    expect((await readHistory(database, 1n)).attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'unknown'],
      [2, 'sent'],
    ]);
  });

  test('lets the owner of a claim write until another has taken it over, and never after', async () => {
    const [one, other] = [claimOwner(), claimOwner()];
    const first = await takeClaim(database, 'a thing', one, 60_000);
    expect(first?.epoch).toBe(1);
    expect(await takeClaim(database, 'a thing', other, 60_000)).toBeUndefined();
    expect(await claimedTransaction(database, first!, async () => 'written')).toBe('written');
    await database.knex('settle_claim').update({ expires_at: '2026-01-01 00:00:00.000000' });
    const second = await takeClaim(database, 'a thing', other, 60_000);
    expect(second?.epoch).toBe(2);
    const lost = await claimedTransaction(database, first!, async () => 'written').catch((error: unknown) => error);
    expect(isOwnershipLost(lost)).toBe(true);
    await releaseClaim(database.knex, 'a thing', 1);
    expect(await takeClaim(database, 'a thing', one, 60_000)).toBeUndefined();
    await releaseClaim(database.knex, 'a thing', 2);
    expect((await takeClaim(database, 'a thing', one, 60_000))?.epoch).toBe(3);
  });
});

/** How many rows each lane has that has any. */
async function laneSizes(database: Database): Promise<[lane: number, rows: number][]> {
  const lane = laneOf(database, 'settle_outbox');
  const rows = await database.knex('settle_outbox').select(database.knex.raw(`${lane} AS lane`));
  return [...Map.groupBy(rows, (row) => Number(row.lane))].map(([one, some]) => [one, some.length]);
}
