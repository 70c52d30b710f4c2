import type { Redis } from 'ioredis';

/** A script, whose head states its contract. It is atomic: no reader sees half of what it does. */
export interface RedisScript {
  readonly lua: string;
}

/** Returns what the script returns. @throws what Redis reports; nothing is changed then, unless the contract says otherwise */
export async function runScript(
  redis: Redis,
  { lua }: RedisScript,
  keys: readonly string[],
  values: readonly (string | number | bigint)[],
): Promise<unknown> {
  return await redis.eval(lua, keys.length, ...keys, ...values.map(String));
}
