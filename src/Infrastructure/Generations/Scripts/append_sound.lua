-- Says that a worker makes a task's sound, and adds bytes to its copy while somebody on another node wants to hear it.
-- KEYS[1]  hash: the lease's number, the whole length, whether it has ended
-- KEYS[2]  string: the copy under this lease
-- KEYS[3]  string: there while somebody listens
-- ARGV[1]  the lease's number
-- ARGV[2]  the whole length in bytes
-- ARGV[3]  where the bytes belong
-- ARGV[4]  the bytes; may be none
-- ARGV[5]  1 nothing will follow | 0 more will
-- ARGV[6]  how long the hash stays, in ms
-- ARGV[7]  how long the copy stays, in ms
-- Returns  the copy's length | -1 nobody listens | -2 another worker has taken the task over
local number = tonumber(redis.call('HGET', KEYS[1], 'lease') or '0')
if number > tonumber(ARGV[1]) then return -2 end
redis.call('HSET', KEYS[1], 'lease', ARGV[1], 'length', ARGV[2], 'ended', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
if redis.call('EXISTS', KEYS[3]) == 0 then return -1 end
local length = redis.call('STRLEN', KEYS[2])
if length == tonumber(ARGV[3]) and ARGV[4] ~= '' then
  length = redis.call('APPEND', KEYS[2], ARGV[4])
end
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return length
