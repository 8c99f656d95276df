-- Charges a user one generation and some audio, once for each id, if every rolling window has room.
-- KEYS[1]  sorted set: charge ids by time in ms
-- KEYS[2]  hash: audio ms by charge id, and their 'sum'; 'askers:<id>': requests that share the charge
-- KEYS[3]  sorted set: refunded charge ids by time
-- ARGV[1]  charge id
-- ARGV[2]  audio ms
-- ARGV[3]  generations a minute
-- ARGV[4]  generations an hour
-- ARGV[5]  generations a day
-- ARGV[6]  audio ms a day
-- ARGV[7]  now in ms, or '' to ask Redis
-- Returns  {0 charged | 1 charged or refunded before | 2 minute, 3 hour, 4 day, 5 audio is full, ms until it would pass}
local DAY = 86400000
local WINDOWS = { 60000, 3600000, DAY }
local now = tonumber(ARGV[7])
if not now then
  local t = redis.call('TIME')
  now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

local function text(number) return string.format('%.0f', number) end

-- What is a day old counts nowhere any more.
local horizon = text(now - DAY)
local freed = 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', horizon)) do
  freed = freed + tonumber(redis.call('HGET', KEYS[2], id) or '0')
  redis.call('HDEL', KEYS[2], id, 'askers:' .. id)
end
if freed > 0 then redis.call('HINCRBY', KEYS[2], 'sum', text(-freed)) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', horizon)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', horizon)

if redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  -- Of one that a backup brought back, who asked isn't known: it was kept.
  redis.call('HSETNX', KEYS[2], 'askers:' .. ARGV[1], '1')
  redis.call('HINCRBY', KEYS[2], 'askers:' .. ARGV[1], '1')
  return { 1, 0 }
end
if redis.call('ZSCORE', KEYS[3], ARGV[1]) then return { 1, 0 } end

local code, wait = 0, 0
for i, window in ipairs(WINDOWS) do
  local limit = tonumber(ARGV[2 + i])
  local since = '(' .. text(now - window)
  local used = redis.call('ZCOUNT', KEYS[1], since, '+inf')
  if used >= limit then
    -- There is room once all but limit - 1 of the counted have left: until then the last of those decides.
    local last = redis.call('ZRANGEBYSCORE', KEYS[1], since, '+inf', 'WITHSCORES', 'LIMIT', text(used - limit), '1')
    local ms = last[2] and tonumber(last[2]) + window - now or window
    if ms > wait then code, wait = 1 + i, ms end
  end
end

local excess = tonumber(redis.call('HGET', KEYS[2], 'sum') or '0') + tonumber(ARGV[2]) - tonumber(ARGV[6])
if excess > 0 then
  local ms = DAY
  local all = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '+inf', 'WITHSCORES')
  for i = 1, #all, 2 do
    excess = excess - tonumber(redis.call('HGET', KEYS[2], all[i]) or '0')
    if excess <= 0 then
      ms = tonumber(all[i + 1]) + DAY - now
      break
    end
  end
  if ms > wait then code, wait = 5, ms end
end
if code > 0 then return { code, wait } end

redis.call('ZADD', KEYS[1], text(now), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2], 'askers:' .. ARGV[1], '1')
redis.call('HINCRBY', KEYS[2], 'sum', ARGV[2])
redis.call('PEXPIRE', KEYS[1], text(DAY))
redis.call('PEXPIRE', KEYS[2], text(DAY))
return { 0, 0 }
