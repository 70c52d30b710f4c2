import type { RedisScript } from './run-script.ts';

export const changeMembers: RedisScript = {
  lua: `
-- Compare-and-set: changes members of a set, only while the set is as it was seen.
-- KEYS: 1 the set. ARGV: 1 how many members it had; 2 'add' or 'remove'; then the members, each once.
-- Returns how many members it has then; -1 when the set has another size, has one of those to add, or lacks one of those to
-- remove: nothing is changed then.
if redis.call('SCARD', KEYS[1]) ~= tonumber(ARGV[1]) then return -1 end
local wanted = 0
if ARGV[2] == 'remove' then wanted = 1 end
for at = 3, #ARGV do
  if redis.call('SISMEMBER', KEYS[1], ARGV[at]) ~= wanted then return -1 end
end
local change = 'SADD'
if wanted == 1 then change = 'SREM' end
for at = 3, #ARGV do redis.call(change, KEYS[1], ARGV[at]) end
return redis.call('SCARD', KEYS[1])
`,
};
