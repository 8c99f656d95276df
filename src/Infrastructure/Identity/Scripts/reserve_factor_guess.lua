-- Reserves a guess at a user's second factor before its code is looked at, or says how long to wait.
-- After so many wrong ones in a row (that is, since the last right one) each must wait twice as long as the one before,
-- a quarter of an hour at most. A right one ends the row but refills nothing of the day.
-- KEYS[1]  the guesses: ids by time
-- KEYS[2]  when a code was last right
-- ARGV[1]  the guess's id
-- ARGV[2]  wrong ones in a row without a wait
-- ARGV[3]  guesses a day
-- ARGV[4]  now in ms, or '' to ask Redis
-- Returns  0 reserved | ms to wait
local now = tonumber(ARGV[4])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local day = 86400000
local longest = 900000
local text = function(n) return string.format('%d', n) end

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now - day))
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return math.max(1, math.floor(oldest[2] + day - now))
end

local row = redis.call('ZCOUNT', KEYS[1], '(' .. (redis.call('GET', KEYS[2]) or '0'), '+inf')
if row >= tonumber(ARGV[2]) then
  local latest = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
  local pause = math.min(longest, 1000 * 2 ^ (row - tonumber(ARGV[2])))
  local wait = math.floor(latest[2] + pause - now)
  if wait > 0 then return wait end
end

redis.call('ZADD', KEYS[1], text(now), ARGV[1])
redis.call('PEXPIRE', KEYS[1], text(day))
return 0
