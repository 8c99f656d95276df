-- Gives one guess back. Only this one: a success never refills what strangers may still try.
-- KEYS[1]  the strangers' guesses: ids by time
-- KEYS[2]  the device's failures: ids by time
-- ARGV[1]  the guess's id
-- ARGV[2]  '1' when the password was right: the device's failures are no longer in a row, if it was the device's guess
-- ARGV[3]  now in ms; unused, as time decides nothing here
-- Returns  1 given back | 0 there was no such guess
local returned = redis.call('ZREM', KEYS[1], ARGV[1])
local own = redis.call('ZREM', KEYS[2], ARGV[1])
if own == 1 and ARGV[2] == '1' then redis.call('DEL', KEYS[2]) end
return math.max(returned, own)
