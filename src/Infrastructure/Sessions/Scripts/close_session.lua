-- Ends a session.
-- KEYS[1]  session hash
-- KEYS[2]  the user's sessions: ids by the end of their idle time
-- ARGV[1]  id
-- ARGV[2]  now in ms, or '' to ask Redis
-- Returns  1 it lived | 0 there was none
local now = tonumber(ARGV[2])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local alive = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]))
local existed = redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
if existed == 1 and alive and alive > now then return 1 end
return 0
