-- Opens a session. The set of a user's sessions decides which of them live: a session that isn't in it is dead,
-- whatever its hash says.
-- KEYS[1]  session hash
-- KEYS[2]  the user's sessions: ids by the end of their idle time
-- KEYS[3]  the user's account hash
-- ARGV     1 id, 2 salt, 3 idle ms, 4 absolute ms, 5 remembered (0 or 1), 6 address, 7 user agent,
--          8 role, 9 tier, 10 disabled (0 or 1), 11 ms to keep the account, 12 ms of its latest end, or '',
--          13 factors that its user has just proved (0, 1 or 2)
-- ARGV[14] now in ms, or '' to ask Redis
-- Returns  ms until the refresh token ends
local now = tonumber(ARGV[14])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local ends = math.min(now + tonumber(ARGV[4]), tonumber(ARGV[12]) or math.huge)
local idle = math.max(1, math.min(tonumber(ARGV[3]), ends - now))
local text = function(n) return string.format('%d', n) end

-- What check_request.lua asks for comes first: a small hash is searched from its beginning.
redis.call('HSET', KEYS[1], 'counter', '0', 'confirmed', '1', 'aside', '', 'seen', text(now), 'address', ARGV[6], 'stepped', '0',
  'proved', ARGV[13] == '0' and '0' or text(now), 'factors', ARGV[13],
  'salt', ARGV[2], 'previous', '-1', 'exchanged', text(now), 'asked', text(now), 'idle', ARGV[3], 'ends', text(ends),
  'remembered', ARGV[5], 'created', text(now), 'agent', ARGV[7])
redis.call('PEXPIRE', KEYS[1], text(idle))

redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', text(now))
redis.call('ZADD', KEYS[2], text(now + idle), ARGV[1])
local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
redis.call('PEXPIRE', KEYS[2], text(tonumber(last[2]) - now))

-- Only if missing: a login that read the user a moment ago mustn't undo a ban that came meanwhile.
if redis.call('EXISTS', KEYS[3]) == 0 then
  redis.call('HSET', KEYS[3], 'role', ARGV[8], 'tier', ARGV[9], 'disabled', ARGV[10])
  redis.call('PEXPIRE', KEYS[3], ARGV[11])
end

return idle
