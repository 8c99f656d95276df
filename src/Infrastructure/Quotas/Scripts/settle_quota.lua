-- Gives back the audio of a charge beyond what was really made; the generation stays counted.
-- KEYS[1]  sorted set: charge ids by time in ms
-- KEYS[2]  hash: audio ms by charge id, and their 'sum'
-- ARGV[1]  charge id
-- ARGV[2]  audio ms made
-- Returns  1 given back | 0 nothing to give back
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
local charged = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')
local made = tonumber(ARGV[2])
if made >= charged then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('HINCRBY', KEYS[2], 'sum', string.format('%.0f', made - charged))
return 1
