-- A node says what it is and hears of all others, in one round trip; who has been silent for long is forgotten.
-- KEYS[1]  hash: each node's instance, a line feed, and its state, by name; no instance once it has left
-- KEYS[2]  sorted set: names by the time of their last word
-- KEYS[3]  hash: orders; an order to drain with the time of the node's last word, to the hour, or 1 where nobody noted it yet
-- ARGV[1]  name, or '' to listen only
-- ARGV[2]  instance: this process
-- ARGV[3]  state
-- ARGV[4]  1 if it is the process's last word, which counts for nothing once another one has the name; else 0
-- ARGV[5]  silence in ms after which a node is forgotten, and orders for its models with it
-- ARGV[6]  silence in ms after which an order to drain it ends, too
-- ARGV[7]  now in ms, or '' to ask Redis
-- Returns  {ms since another instance spoke under this name or -1, whether this name had spoken, orders, {name, ms of silence, state}…}
local now = tonumber(ARGV[7])
if not now then
  local t = redis.call('TIME')
  now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

local name, instance, state, is_last = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local namesake, was_known = -1, 0
if name ~= '' then
  local before = redis.call('HGET', KEYS[1], name)
  local speaker = before and string.sub(before, 1, string.find(before, '\n', 1, true) - 1)
  if before then was_known = 1 end
  if speaker and speaker ~= '' and speaker ~= instance then
    namesake = now - tonumber(redis.call('ZSCORE', KEYS[2], name) or now)
  end
  if not is_last or not before or speaker == instance then
    redis.call('HSET', KEYS[1], name, (is_last and '' or instance) .. '\n' .. state)
    redis.call('ZADD', KEYS[2], now, name)
  end
end

for _, silent in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[5]))) do
  redis.call('HDEL', KEYS[1], silent)
  redis.call('ZREM', KEYS[2], silent)
end

local nodes, is_known = {}, {}
local heard = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
for i = 1, #heard, 2 do
  local said = redis.call('HGET', KEYS[1], heard[i])
  if said then
    is_known[heard[i]] = true
    nodes[#nodes + 1] = { heard[i], math.max(now - tonumber(heard[i + 1]), 0), string.sub(said, string.find(said, '\n', 1, true) + 1) }
  end
end

local orders = {}
local given = redis.call('HGETALL', KEYS[3])
for i = 1, #given, 2 do
  local order, noted, stands = given[i], tonumber(given[i + 1]) or 1, true
  local kind, subject = string.match(order, '^(%a+)\n([^\n]*)')
  if kind == 'Load' or kind == 'Unload' then
    stands = is_known[subject]
  elseif kind == 'Drain' then
    if noted <= 1 or (is_known[subject] and now - noted >= 3600000) then
      redis.call('HSET', KEYS[3], order, string.format('%.0f', now))
    else
      stands = is_known[subject] or now - noted < tonumber(ARGV[6])
    end
  end
  if stands then
    orders[#orders + 1] = order
  else
    redis.call('HDEL', KEYS[3], order)
  end
end

local answer = { namesake, was_known, orders }
for _, node in ipairs(nodes) do
  answer[#answer + 1] = node
end
return answer
