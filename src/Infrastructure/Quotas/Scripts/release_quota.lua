-- Gives a whole charge back, and remembers its id where asking again for what it paid for must stay free.
-- KEYS[1]  sorted set: charge ids by time in ms
-- KEYS[2]  hash: audio ms by charge id, and their 'sum'; 'askers:<id>': requests that share the charge
-- KEYS[3]  sorted set: refunded charge ids by time
-- ARGV[1]  charge id
-- ARGV[2]  1 to remember the id for a day, 0 to forget it, 2 to forget it where no other request shares the charge
-- Returns  1 given back | 0 there was no such charge | 2 others share it
if ARGV[2] == '0' then redis.call('ZREM', KEYS[3], ARGV[1]) end
local charged_at = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not charged_at then return 0 end
if ARGV[2] == '2' and redis.call('HINCRBY', KEYS[2], 'askers:' .. ARGV[1], '-1') > 0 then return 2 end
local charged = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1], 'askers:' .. ARGV[1])
redis.call('HINCRBY', KEYS[2], 'sum', string.format('%.0f', -charged))
if ARGV[2] == '1' then
  redis.call('ZADD', KEYS[3], charged_at, ARGV[1])
  redis.call('PEXPIRE', KEYS[3], '86400000')
end
return 1
