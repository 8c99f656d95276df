-- Prolongs or ends a lease if this holder still has it.
-- KEYS[1]  string: the holder's nonce
-- ARGV[1]  nonce
-- ARGV[2]  length in ms, or 0 to end it
-- Returns  1 done | 0 the lease is lost
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
