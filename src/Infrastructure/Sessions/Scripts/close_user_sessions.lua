-- Ends all of a user's sessions, or all but one, by emptying the set that decides which of them live; so none is missed
-- that was opened meanwhile, and a request under way can't bring one back. The hashes left over are the caller's to
-- remove; they mean nothing any more.
-- KEYS[1]  the user's sessions: ids by the end of their idle time
-- ARGV[1]  id of the one to keep, or ''
-- ARGV[2]  now in ms, or '' to ask Redis
-- Returns  {now, ids of those that lived and were ended}
local now = tonumber(ARGV[2])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local text = function(n) return string.format('%d', n) end
local ended = {text(now)}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. text(now), '+inf')) do
  if id ~= ARGV[1] then ended[#ended + 1] = id end
end

local kept = ARGV[1] ~= '' and tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]))
redis.call('DEL', KEYS[1])
if kept and kept > now then
  redis.call('ZADD', KEYS[1], text(kept), ARGV[1])
  redis.call('PEXPIRE', KEYS[1], text(kept - now))
end

return ended
