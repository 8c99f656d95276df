-- Puts a user's role, tier and standing in force for the next request of every node. A disabled user's sessions end.
-- KEYS[1]  the user's account hash
-- KEYS[2]  the user's sessions: ids by the end of their idle time
-- ARGV     1 role, 2 tier, 3 disabled (0 or 1), 4 ms to keep it,
--          5 whether it overwrites (0 or 1: what a node read from the database is older than what a change put here)
-- ARGV[6]  now in ms, or '' to ask Redis
-- Returns  {now, ids of the sessions that ended}
local now = tonumber(ARGV[6])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local answer = {string.format('%d', now)}
if ARGV[5] == '0' and redis.call('EXISTS', KEYS[1]) == 1 then return answer end

redis.call('HSET', KEYS[1], 'role', ARGV[1], 'tier', ARGV[2], 'disabled', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if ARGV[3] == '0' then return answer end

for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do answer[#answer + 1] = id end
redis.call('DEL', KEYS[2])
return answer
