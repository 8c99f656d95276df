-- Gives back a guess at a second factor that was right, and ends the row of wrong ones before it.
-- KEYS[1]  the guesses: ids by time
-- KEYS[2]  when a code was last right
-- ARGV[1]  the guess's id
-- ARGV[2]  now in ms, or '' to ask Redis
-- Returns  1 given back | 0 there was no such guess
local now = tonumber(ARGV[2])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('SET', KEYS[2], string.format('%d', now), 'PX', '86400000')
return 1
