import type { RedisScript } from './run-script.ts';

export const setCounters: RedisScript = {
  lua: `
-- Compare-and-set: sets counters, each only where it still holds what was seen.
-- KEYS: a counter each. ARGV: three a key: 1 when it was there and 0 when it was not; the text that was seen; the new text.
-- Returns a number a key: 1 when it was set, 0 when it holds something else by now and was left alone. What time a counter
-- has to live stays.
local done = {}
for at, key in ipairs(KEYS) do
  local held = redis.pcall('GET', key)
  local seen = false
  if ARGV[at * 3 - 2] == '1' then seen = ARGV[at * 3 - 1] end
  if held == seen then
    redis.call('SET', key, ARGV[at * 3], 'KEEPTTL')
    done[at] = 1
  else
    done[at] = 0
  end
end
return done
`,
};
