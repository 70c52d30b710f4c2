import type { RedisScript } from './run-script.ts';

export const replaceSortedSet: RedisScript = {
  lua: `
-- Replaces a sorted set, unless a newer revision has written it.
-- KEYS: 1 the set; 2 the hash of revisions, a field a key.
-- ARGV: 1 the revision (a whole number below 2^53); then score, member, score, member, ... (none: the set goes).
-- Returns 1 when it was replaced, 0 when it holds a newer revision. All or nothing: the first write is one that a full
-- memory refuses.
local held = tonumber(redis.call('HGET', KEYS[2], KEYS[1]) or '0')
if held > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[2], KEYS[1], ARGV[1])
redis.call('DEL', KEYS[1])
for at = 2, #ARGV, 2 do redis.call('ZADD', KEYS[1], ARGV[at], ARGV[at + 1]) end
return 1
`,
};

export const replaceNewest: RedisScript = {
  lua: `
-- Replaces the sorted set of the newest date, and the name of that date, in one step.
-- KEYS: 1 the set; 2 the hash of revisions; 3 the key that names the date.
-- ARGV: 1 the revision; 2 the date (YYYY-MM-DD); then score, member, ...
-- Returns 1 when it was replaced; 0 when a newer date is there, or the same one by a newer revision.
local date = redis.call('GET', KEYS[3])
if date and date > ARGV[2] then return 0 end
local held = tonumber(redis.call('HGET', KEYS[2], KEYS[1]) or '0')
if date == ARGV[2] and held > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[2], KEYS[1], ARGV[1])
redis.call('SET', KEYS[3], ARGV[2])
redis.call('DEL', KEYS[1])
for at = 3, #ARGV, 2 do redis.call('ZADD', KEYS[1], ARGV[at], ARGV[at + 1]) end
return 1
`,
};
