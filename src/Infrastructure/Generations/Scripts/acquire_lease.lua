-- Takes a task's lease unless somebody holds it. Its number is greater than every earlier one, even if Redis has
-- forgotten those, because it is never below the time; the steps of an earlier holder are gone with its samples.
-- KEYS[1]  string: the holder's nonce
-- KEYS[2]  integer: the last lease's number
-- KEYS[3]  hash: steps done and total
-- ARGV[1]  nonce
-- ARGV[2]  length in ms
-- ARGV[3]  now in ms, or '' to ask Redis
-- Returns  the lease's number | 0 somebody holds it
local now = tonumber(ARGV[3])
if not now then
  local t = redis.call('TIME')
  now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local number = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, now)
redis.call('SET', KEYS[2], string.format('%.0f', number), 'PX', '86400000')
redis.call('DEL', KEYS[3])
return number
