-- Notes that a session's user has just proved once more who they are; never for a session that has ended, so that a
-- step-up can't bring one back.
-- KEYS[1]  session hash
-- KEYS[2]  the user's sessions: ids by the end of their idle time
-- ARGV[1]  id
-- ARGV[2]  factors that they proved (1 or 2)
-- ARGV[3]  now in ms, or '' to ask Redis
-- Returns  now, the moment of the step-up | 0 there is no such session
local now = tonumber(ARGV[3])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local alive = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]))
if not alive or alive <= now or redis.call('EXISTS', KEYS[1]) == 0 then return 0 end

redis.call('HSET', KEYS[1], 'stepped', string.format('%d', now))
if ARGV[2] == '2' then redis.call('HSET', KEYS[1], 'factors', '2') end
return now
