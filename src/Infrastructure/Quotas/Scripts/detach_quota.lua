-- Leaves a charge counted under a name that nobody asks for, so that its id can be charged anew.
-- KEYS[1]  sorted set: charge ids by time in ms
-- KEYS[2]  hash: audio ms by charge id, and their 'sum'; 'askers:<id>': requests that share the charge
-- KEYS[3]  sorted set: refunded charge ids by time
-- ARGV[1]  charge id
-- ARGV[2]  the new name
-- Returns  1 renamed | 0 there was no such charge
redis.call('ZREM', KEYS[3], ARGV[1])
local charged_at = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not charged_at then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], redis.call('HGET', KEYS[2], ARGV[1]) or '0')
redis.call('HDEL', KEYS[2], ARGV[1], 'askers:' .. ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], charged_at, ARGV[2])
return 1
