-- Exchanges a refresh token, known to be ours, for its successor.
-- The current one gets the next counter. Its immediate predecessor gets the same successor for 30 s (several tabs) and,
-- while no token of that successor has been seen, at any time (lost answer); when nobody has asked for 60 s the counter
-- skips, and the lost successor is set aside. Everything else that is older is reuse and ends the session here and now.
-- KEYS[1]  session hash
-- KEYS[2]  the user's sessions: ids by the end of their idle time
-- KEYS[3]  the user's account hash
-- ARGV     1 id, 2 salt, 3 the token's counter
-- ARGV[4]  now in ms, or '' to ask Redis
-- Returns  {1 exchanged, counter, remembered, ms until the refresh token ends} | {0 no such session} | {-1 reused, now}
local now = tonumber(ARGV[4])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local TABS, LOST, AHEAD, KEPT = 30000, 60000, 16, 64
local text = function(n) return string.format('%d', n) end

local alive = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]))
local s = redis.call('HMGET', KEYS[1], 'salt', 'counter', 'previous', 'confirmed', 'exchanged', 'asked', 'aside', 'idle', 'ends', 'remembered')
if not alive or alive <= now or s[1] ~= ARGV[2] or redis.call('HGET', KEYS[3], 'disabled') == '1' then return {0} end

local token, counter, previous = tonumber(ARGV[3]), tonumber(s[2]), tonumber(s[3])
local confirmed, exchanged, asked, aside = s[4], tonumber(s[5]), tonumber(s[6]), s[7]

if token >= counter and token - counter <= AHEAD then
  -- Ahead of what is stored: Redis came back a moment old, and the client knows better.
  previous, counter, confirmed, exchanged = token, token + 1, '0', now
elseif token > counter then
  return {0}
elseif token == previous and confirmed == '0' then
  if now - asked >= LOST then
    aside = aside .. text(counter) .. ','
    local _, kept = string.gsub(aside, ',', '')
    if kept > KEPT then aside = string.gsub(aside, '^%d+,', '') end
    counter, exchanged = counter + 1, now
  end
elseif token ~= previous or now - exchanged > TABS then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
  return {-1, now}
end

local ends = math.min(now + tonumber(s[8]), tonumber(s[9]))
redis.call('HSET', KEYS[1], 'counter', text(counter), 'previous', text(previous), 'confirmed', confirmed,
  'exchanged', text(exchanged), 'asked', text(now), 'aside', aside, 'seen', text(now))
redis.call('PEXPIRE', KEYS[1], text(ends - now))
redis.call('ZADD', KEYS[2], text(ends), ARGV[1])
local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
redis.call('PEXPIRE', KEYS[2], text(tonumber(last[2]) - now))
return {1, counter, tonumber(s[10]), ends - now}
