import type { RedisScript } from './run-script.ts';

export const takeLock: RedisScript = {
  lua: `
-- Takes a lock that nobody holds, or that the taker holds already: its first answer may have been lost.
-- KEYS: 1 the lock; 2 the last fencing number; 3 who waits.
-- ARGV: 1 the taker's token; 2 milliseconds that it is held; 3 the waiter's name; 4 milliseconds that the waiter is known.
-- Returns {fencing number, 0} when it was taken, {0, milliseconds that it is still held} otherwise. Fencing numbers are
-- microseconds on the server's clock, and grow, also when the server has lost the last one.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4])
  return {0, math.max(redis.call('PTTL', KEYS[1]), 1)}
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local now = redis.call('TIME')
local fence = now[1] * 1000000 + now[2]
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
if fence <= last then fence = last + 1 end
redis.call('SET', KEYS[2], string.format('%.0f', fence), 'PX', 604800000)
return {fence, 0}
`,
};

export const renewLock: RedisScript = {
  lua: `
-- Holds a lock for longer. KEYS: 1 the lock. ARGV: 1 the holder's token; 2 milliseconds from now.
-- Returns 1; 0 when it is another's, or nobody's.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`,
};

export const freeLock: RedisScript = {
  lua: `
-- Lets go of a lock. KEYS: 1 the lock; 2 who waits. ARGV: 1 the holder's token; 2 the name of this waiter.
-- Returns 1 when another waits, 0 otherwise. Another's lock is left alone.
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
local waiter = redis.call('GET', KEYS[2])
if waiter and waiter ~= ARGV[2] then return 1 end
return 0
`,
};
