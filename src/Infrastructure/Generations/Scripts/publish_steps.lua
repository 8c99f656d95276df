-- Keeps a running task's steps if this holder still has its lease.
-- KEYS[1]  string: the holder's nonce
-- KEYS[2]  hash: steps done and total
-- ARGV[1]  nonce
-- ARGV[2]  done
-- ARGV[3]  total
-- Returns  1 kept | 0 the lease is lost
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], 'done', ARGV[2], 'total', ARGV[3])
redis.call('PEXPIRE', KEYS[2], '3600000')
return 1
