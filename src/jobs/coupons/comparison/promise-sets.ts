/** The sets `coupon:ID:issued` in Redis, read in bounded memory. */
import { pipelined, type RedisSession } from '../../beside-redis.ts';

/** Members a call; a small set comes whole. */
const SCAN_COUNT = 2_000;

/** How many members each set has; undefined: the key is no set. */
export async function promisedSizes(
  session: RedisSession,
  couponIds: readonly bigint[],
): Promise<(number | undefined)[]> {
  const results = await pipelined(session, (pipeline) => {
    for (const id of couponIds) pipeline.scard(promiseKey(id));
  });
  return results.map(({ error, value }) => (error === undefined ? Number(value) : undefined));
}

/** The members of small sets; some may be there twice. */
export async function readMembers(session: RedisSession, couponIds: readonly bigint[]): Promise<string[][]> {
  const first = await pipelined(session, (pipeline) => {
    for (const id of couponIds) pipeline.sscan(promiseKey(id), '0', 'COUNT', SCAN_COUNT);
  });
  const all: string[][] = [];
  for (const [at, { value }] of first.entries()) {
    // Of another type since it was counted.
    if (value === undefined) {
      all.push([]);
      continue;
    }
    const [cursor, members] = value as [string, string[]];
    for await (const page of scanFrom(session, couponIds[at], cursor)) members.push(...page);
    all.push(members);
  }
  return all;
}

/** The members of one set in pages; some may be there twice, on different pages too. */
export async function* scanMembers(session: RedisSession, couponId: bigint): AsyncGenerator<readonly string[]> {
  const [cursor, members] = await session.ask((redis) => redis.sscan(promiseKey(couponId), '0', 'COUNT', SCAN_COUNT));
  yield members;
  yield* scanFrom(session, couponId, cursor);
}

/** Those of the users who are not in the set. */
export async function findMissing(
  session: RedisSession,
  couponId: bigint,
  users: readonly bigint[],
): Promise<bigint[]> {
  if (users.length === 0) return [];
  const found = await session.ask((redis) => redis.smismember(promiseKey(couponId), users.map(String)));
  return users.filter((_, at) => Number(found[at]) === 0);
}

export function promiseKey(couponId: bigint): string {
  return `coupon:${couponId}:issued`;
}

async function* scanFrom(session: RedisSession, couponId: bigint, first: string): AsyncGenerator<readonly string[]> {
  for (let cursor = first; cursor !== '0'; ) {
    const at = cursor;
    const [next, members] = await session.ask((redis) => redis.sscan(promiseKey(couponId), at, 'COUNT', SCAN_COUNT));
    yield members;
    cursor = next;
  }
}
