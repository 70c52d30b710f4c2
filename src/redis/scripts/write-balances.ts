import type { RedisScript } from './run-script.ts';

export const writeBalances: RedisScript = {
  lua: `
-- Writes balances, each unless a newer revision has written it.
-- KEYS: a hash a user, with the fields balance and revision.
-- ARGV: 1 the revision; 2 is 1 to write whatever is there; 3 milliseconds to live; then a balance a key: whole points, or '' for one that is to be asked
-- elsewhere (its revision stays, so that an older one cannot come back).
-- Returns how many were written. Those before an error are written.
local written = 0
for at, key in ipairs(KEYS) do
  local held = tonumber(redis.call('HGET', key, 'revision') or '0')
  if ARGV[2] == '1' or held <= tonumber(ARGV[1]) then
    local balance = ARGV[at + 3]
    if balance == '' then
      redis.call('HSET', key, 'revision', ARGV[1])
      redis.call('HDEL', key, 'balance')
    else
      redis.call('HSET', key, 'revision', ARGV[1], 'balance', balance)
    end
    redis.call('PEXPIRE', key, ARGV[3])
    written = written + 1
  end
end
return written
`,
};

export const raise: RedisScript = {
  lua: `
-- Sets a number, unless it is higher already.
-- KEYS: 1 the number. ARGV: 1 what it shall be at least.
-- Returns 1 when it was set, 0 otherwise.
local held = tonumber(redis.call('GET', KEYS[1]) or '0')
if held >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1
`,
};
