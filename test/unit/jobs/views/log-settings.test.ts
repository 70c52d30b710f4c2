/** Shards and replicas as settings name them, and the keys of their rows. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shardSettings, viewReplicaUrls } from '../../../../src/jobs/views/log/log-settings.ts';
import { requireKnownShards } from '../../../../src/jobs/views/log/open-log.ts';
import { baseOf, placeOf, SHARD_IDS, SHARDS_MAX } from '../../../../src/jobs/views/log/shard-key.ts';
import { numberShards } from '../../../../src/jobs/views/log/shard-store.ts';

const secret = 'hunter2';
const url = (host: string) => `mysql://me:${secret}@${host}/platform`;

describe('SETTLE_SHARDS', () => {
  test('names shards in their order; a second URL of a name is a replica', () => {
    const SETTLE_SHARDS = `east=${url('a')}  west=${url('b')}\neast=${url('c')}`;
    expect(shardSettings({ SETTLE_SHARDS })).toEqual([
      { name: 'east', url: url('a'), replicaUrls: [url('c')] },
      { name: 'west', url: url('b'), replicaUrls: [] },
    ]);
    expect(shardSettings({})).toEqual([]);
  });

  test.each([
    ['a URL without a name', url('a')],
    ['a name with capitals', `East=${url('a')}`],
    ['no URL', 'east='],
    ['another scheme', `east=postgres://me:${secret}@a/x`],
    ['a replica of an SQLite file', 'east=sqlite:a.db east=sqlite:b.db'],
    ['too many', Array.from({ length: SHARDS_MAX + 1 }, (_, at) => `s${at}=${url('a')}`).join(' ')],
  ])('with %s is refused in one line, without its password', (_what, SETTLE_SHARDS) => {
    let refused: unknown;
    try {
      shardSettings({ SETTLE_SHARDS });
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ exitCode: 2 });
    const { message, hint = '' } = refused as { message: string; hint?: string };
    expect(`${message} ${hint}`).not.toMatch(/hunter2|\n/);
    expect(message).toMatch(/SETTLE_SHARDS|the shard east/);
  });

  test('must name every shard that has a number', () => {
    const settings = shardSettings({ SETTLE_SHARDS: `east=${url('a')}` });
    expect(() => requireKnownShards(new Map([['east', 0]]), settings)).not.toThrow();
    const known = new Map([
      ['east', 0],
      ['west', 1],
    ]);
    expect(() => requireKnownShards(known, settings)).toThrow('does not name west');
    expect(() => requireKnownShards(known, [])).toThrow('does not name east, west');
  });
});

test('replicas of an SQLite file are refused', () => {
  expect(() => viewReplicaUrls('sqlite:a.db', { SETTLE_VIEW_REPLICAS: url('a') })).toThrow('no replicas');
  expect(viewReplicaUrls(url('a'), { SETTLE_VIEW_REPLICAS: `${url('b')} ${url('c')}` })).toEqual([url('b'), url('c')]);
});

test('a key is exact in JSON, and in the order of shard and id', () => {
  const place = fc.record({
    number: fc.nat(SHARDS_MAX - 1),
    id: fc.bigInt({ min: 0n, max: SHARD_IDS - 1n }),
  });
  fc.assert(
    fc.property(place, place, (a, b) => {
      const [one, other] = [a, b].map(({ number, id }) => baseOf(number) + id);
      expect(placeOf(one)).toEqual(a);
      expect(BigInt(Number(one))).toBe(one);
      expect(Number.isSafeInteger(Number(one))).toBe(true);
      const isLess = a.number < b.number || (a.number === b.number && a.id < b.id);
      expect(one < other).toBe(isLess);
    }),
  );
});

test('shards keep their numbers, and new ones get the next', () => {
  const known = new Map([
    ['gone', 0],
    ['west', 2],
  ]);
  expect([...numberShards(known, ['north', 'west', 'east'], 0)]).toEqual([
    ['north', 3],
    ['west', 2],
    ['east', 4],
  ]);
  expect([...numberShards(known, ['north'], 7)]).toEqual([['north', 7]]);
  expect(() => numberShards(known, ['north'], SHARDS_MAX)).toThrow('no numbers left');
});

test('the shard in the own database has the number 0, which no other gets', () => {
  expect([...numberShards(new Map(), ['east', 'own', 'west'], 0, 'own')]).toEqual([
    ['east', 1],
    ['own', 0],
    ['west', 2],
  ]);
  expect([...numberShards(new Map([['east', 1]]), ['east', 'own'], 0, 'own')]).toEqual([
    ['east', 1],
    ['own', 0],
  ]);
  expect([...numberShards(new Map([['east', 0]]), ['east', 'own'], 0, 'own')]).toEqual([
    ['east', 0],
    ['own', 1],
  ]);
});
