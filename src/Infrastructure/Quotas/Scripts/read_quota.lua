-- Counts what a user has used in each rolling window; changes nothing.
-- KEYS[1]  sorted set: charge ids by time in ms
-- KEYS[2]  hash: audio ms by charge id, and their 'sum'
-- ARGV[1]  now in ms, or '' to ask Redis
-- Returns  {now, then used and ms of the oldest counted (0 for none): minute, hour, day, audio ms of the day}
local DAY = 86400000
local now = tonumber(ARGV[1])
if not now then
  local t = redis.call('TIME')
  now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

local function text(number) return string.format('%.0f', number) end

local answer = { now }
local oldest
for _, window in ipairs({ 60000, 3600000, DAY }) do
  local since = '(' .. text(now - window)
  oldest = redis.call('ZRANGEBYSCORE', KEYS[1], since, '+inf', 'WITHSCORES', 'LIMIT', '0', '1')[2]
  answer[#answer + 1] = redis.call('ZCOUNT', KEYS[1], since, '+inf')
  answer[#answer + 1] = tonumber(oldest or '0')
end

-- The sum still holds what has grown a day old since the last charge.
local used = tonumber(redis.call('HGET', KEYS[2], 'sum') or '0')
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now - DAY))) do
  used = used - tonumber(redis.call('HGET', KEYS[2], id) or '0')
end
answer[#answer + 1] = used
answer[#answer + 1] = tonumber(oldest or '0')
return answer
