-- A node says what it is and hears of all others, in one round trip; who has been silent for long is forgotten.
-- KEYS[1]  hash: each node's instance, a line feed, and its state, by name
-- KEYS[2]  sorted set: names by the time of their last word
-- KEYS[3]  hash: orders
-- ARGV[1]  name, or '' to listen only
-- ARGV[2]  instance: this process
-- ARGV[3]  state, or '' to leave
-- ARGV[4]  silence in ms after which a node is forgotten
-- ARGV[5]  now in ms, or '' to ask Redis
-- Returns  {ms since another instance spoke under this name or -1, orders as a flat list, {name, ms of silence, state}…}
local now = tonumber(ARGV[5])
if not now then
  local t = redis.call('TIME')
  now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

local name, instance, state = ARGV[1], ARGV[2], ARGV[3]
local namesake = -1
if name ~= '' then
  local before = redis.call('HGET', KEYS[1], name)
  local is_own = not before or string.sub(before, 1, #instance + 1) == instance .. '\n'
  if not is_own then namesake = now - tonumber(redis.call('ZSCORE', KEYS[2], name) or now) end
  if state ~= '' then
    redis.call('HSET', KEYS[1], name, instance .. '\n' .. state)
    redis.call('ZADD', KEYS[2], now, name)
  elseif is_own then
    redis.call('HDEL', KEYS[1], name)
    redis.call('ZREM', KEYS[2], name)
  end
end

for _, silent in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[4]))) do
  redis.call('HDEL', KEYS[1], silent)
  redis.call('ZREM', KEYS[2], silent)
end

local answer = { namesake, redis.call('HGETALL', KEYS[3]) }
local heard = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
for i = 1, #heard, 2 do
  local said = redis.call('HGET', KEYS[1], heard[i])
  if said then
    answer[#answer + 1] = { heard[i], math.max(now - tonumber(heard[i + 1]), 0), string.sub(said, string.find(said, '\n', 1, true) + 1) }
  end
end
return answer
