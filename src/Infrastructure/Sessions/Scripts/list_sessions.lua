-- Names a user's living sessions.
-- KEYS[1]  the user's sessions: ids by the end of their idle time
-- ARGV[1]  now in ms, or '' to ask Redis
-- Returns  ids
local now = tonumber(ARGV[1])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%d', now), '+inf')
