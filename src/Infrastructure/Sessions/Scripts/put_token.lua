-- Keeps a personal access token's row for a while where the request check finds it. Whether the token was revoked is the
-- blacklist's to say, so a row that was read before a revocation and comes after it opens nothing.
-- KEYS[1]  the token's hash
-- ARGV     1 scopes, 2 its end in ms (0: there is no such token), 3 its own requests a minute or 0, 4 ms to keep it
-- Returns  1
redis.call('HSET', KEYS[1], 'scopes', ARGV[1], 'expires', ARGV[2], 'minute', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
