-- Says whether a session lives, without touching it.
-- KEYS[1]  session hash
-- KEYS[2]  the user's sessions: ids by the end of their idle time
-- ARGV[1]  id
-- ARGV[2]  now in ms, or '' to ask Redis
-- Returns  now in ms: it lives | 0 it doesn't
local now = tonumber(ARGV[2])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local alive = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]))
if not alive or alive <= now then return 0 end
return redis.call('EXISTS', KEYS[1]) == 1 and now or 0
