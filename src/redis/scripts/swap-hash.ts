import type { RedisScript } from './run-script.ts';

export const swapHash: RedisScript = {
  lua: `
-- Puts a hash that has been filled beside it in the place of another, unless a newer revision has written that.
-- KEYS: 1 the hash that readers ask; 2 the hash of revisions; 3 the one that has been filled.
-- ARGV: 1 the revision; 2 how many fields the filled one must have (0: readers shall find none); 3 milliseconds to live.
-- Returns 1 when it was swapped, 0 when there is a newer revision: the filled one goes then. An error when the filled one
-- is not whole; nothing is changed then.
local held = tonumber(redis.call('HGET', KEYS[2], KEYS[1]) or '0')
if held > tonumber(ARGV[1]) then
  redis.call('UNLINK', KEYS[3])
  return 0
end
if redis.call('HLEN', KEYS[3]) ~= tonumber(ARGV[2]) then return redis.error_reply('the filled hash is not whole') end
redis.call('HSET', KEYS[2], KEYS[1], ARGV[1])
redis.call('UNLINK', KEYS[1])
if tonumber(ARGV[2]) > 0 then
  redis.call('RENAME', KEYS[3], KEYS[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 1
`,
};
