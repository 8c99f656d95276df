-- Takes or keeps a place among a user's open event streams.
-- KEYS[1]  the user's streams: ids by the moment when they lapse
-- ARGV[1]  the stream's id
-- ARGV[2]  how long a place holds without renewal, in ms
-- ARGV[3]  how many places there are
-- ARGV[4]  now in ms, or '' to ask Redis
-- Returns  1 taken or kept | 0 all are taken
local now = tonumber(ARGV[4])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not held and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
