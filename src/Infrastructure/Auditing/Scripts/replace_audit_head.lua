-- Puts a newer signed head of the audit trail in the place of the one that its writer has seen; never an older one.
-- KEYS[1]  hash: sequence, head
-- ARGV     1 number of the head that was seen, 0 for none; 2 number of the new head; 3 the new head
-- ARGV[4]  now in ms; unused, as time decides nothing here
-- Returns  1 replaced | 0 another head is there, or the new one isn't newer
local there = tonumber(redis.call('HGET', KEYS[1], 'sequence')) or 0
if there ~= tonumber(ARGV[1]) or tonumber(ARGV[2]) < there then return 0 end
redis.call('HSET', KEYS[1], 'sequence', ARGV[2], 'head', ARGV[3])
return 1
