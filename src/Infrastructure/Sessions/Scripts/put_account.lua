-- Puts a user's role, tier and standing in force for the next request of every node. A disabled user's sessions end.
-- KEYS[1]  the user's account hash
-- KEYS[2]  the user's sessions: ids by the end of their idle time
-- ARGV     1 role, 2 tier, 3 disabled (0 or 1), 4 ms to keep it,
--          5 whether it overwrites (0 or 1: what a node read from the database is older than what a change put here)
-- Returns  ids of the sessions that ended
if ARGV[5] == '0' and redis.call('EXISTS', KEYS[1]) == 1 then return {} end

redis.call('HSET', KEYS[1], 'role', ARGV[1], 'tier', ARGV[2], 'disabled', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if ARGV[3] == '0' then return {} end

local ended = redis.call('ZRANGE', KEYS[2], 0, -1)
redis.call('DEL', KEYS[2])
return ended
