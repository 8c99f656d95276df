-- Reserves a guess at an account before its password is hashed, or says how long to wait.
-- A device that signed in to this account before has ten failures in a row of its own; then it is a stranger's for a
-- day. Strangers share the account's counter: after five guesses in a quarter of an hour each must wait twice as long
-- as the one before, and a hundred a day are all.
-- KEYS[1]  the strangers' guesses: ids by time
-- KEYS[2]  the device's failures: ids by time
-- ARGV[1]  the guess's id
-- ARGV[2]  '1' when the device is known to the account
-- ARGV[3]  strangers' guesses a day
-- ARGV[4]  guesses without a wait
-- ARGV[5]  a device's failures in a row
-- ARGV[6]  now in ms, or '' to ask Redis
-- Returns  {0, 0} reserved at the account | {1, 0} reserved at the device | {2, ms to wait}
local now = tonumber(ARGV[6])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local day = 86400000
local spell = 900000

if ARGV[2] == '1' and redis.call('ZCARD', KEYS[2]) < tonumber(ARGV[5]) then
  redis.call('ZADD', KEYS[2], now, ARGV[1])
  redis.call('PEXPIRE', KEYS[2], day)
  return {1, 0}
end

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - day)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return {2, math.max(1, math.floor(oldest[2] + day - now))}
end

local recent = redis.call('ZCOUNT', KEYS[1], '(' .. (now - spell), '+inf')
if recent >= tonumber(ARGV[4]) then
  local latest = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
  local pause = math.min(spell, 1000 * 2 ^ (recent - tonumber(ARGV[4])))
  local wait = math.floor(latest[2] + pause - now)
  if wait > 0 then return {2, wait} end
end

redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], day)
return {0, 0}
