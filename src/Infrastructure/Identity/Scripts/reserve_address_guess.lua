-- Reserves a failed sign-in of an address in a window of a minute, or says how long to wait.
-- KEYS[1]  the address's guesses: ids by time
-- ARGV[1]  the guess's id
-- ARGV[2]  guesses a minute
-- ARGV[3]  now in ms, or '' to ask Redis
-- Returns  0 reserved | ms to wait
local now = tonumber(ARGV[3])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local minute = 60000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - minute)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return math.max(1, math.floor(oldest[2] + minute - now))
end

redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], minute)
return 0
