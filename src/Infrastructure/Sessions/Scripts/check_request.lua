-- Decides about one request: does its session or personal token live, was its token revoked, who is its user now, and may
-- the caller send another one? With KEYS[1] alone, or KEYS[1..2], it only counts. What is refused isn't counted.
--
-- A window of T allows N requests in any T. It counts in steps of at most T/60 and takes every step that the last T
-- touches for whole (the strict side), so that a client evenly under 95 % of N always fits. A ring holds the steps that
-- saw requests, the oldest first, beside their total: each step enters once and leaves once, however long the window.
--
-- KEYS[1]  rate hash: per window a line of its ring's state, and the ring's closed steps
-- KEYS[2]  (for a user) the account hash
-- KEYS[3]  session hash, or a personal token's hash
-- KEYS[4]  the user's sessions: ids by the end of their idle time; or the personal token's own rate hash
-- KEYS[5]  the token's key on the blacklist
-- ARGV     1-16 limits per burst, minute, hour, day of free, premium, enterprise and admin, 0 for no such window;
--          17 session id, '' for a personal token, 18 the token's counter, 19 address
-- ARGV[20] now in ms, or '' to ask Redis
-- Returns  {outcome, role, tier, now, retry at, last step-up (0 for none), scopes, the personal token's end, 1 for its
--          first use in a minute, sign-in that proved who it is (0 for none), factors of the session, then per window: which (1-4, 5 the personal token's own minute), limit, remaining, resets at}
--          outcome: 0 allowed | 1 session ended | 2 token revoked | 3 over a limit | 4 account or personal token not known
--                   here | 5 token was set aside: its session was ended, {5, now}
local now = tonumber(ARGV[20])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local ALLOWED, ENDED, REVOKED, LIMITED, UNKNOWN, REUSED = 0, 1, 2, 3, 4, 5
local AHEAD, TOUCH, NOTED = 16, 1000, 60000
local text = function(n) return string.format('%d', n) end
local role, tier, stepped, proved, factors = 0, 0, 0, 0, 0
local scopes, expires, own, noted = 0, 0, 0, 0

if KEYS[2] then
  local a = redis.call('HMGET', KEYS[2], 'role', 'tier', 'disabled')
  if KEYS[3] and ARGV[17] == '' then
    if a[3] == '1' or redis.call('EXISTS', KEYS[5]) == 1 then return {REVOKED} end
    local t = redis.call('HMGET', KEYS[3], 'scopes', 'expires', 'minute', 'noted')
    if not t[1] then return {UNKNOWN} end
    scopes, expires, own = tonumber(t[1]), tonumber(t[2]), tonumber(t[3])
    if expires <= now then return {REVOKED} end
    if a[1] and now - tonumber(t[4] or '0') >= NOTED then
      redis.call('HSET', KEYS[3], 'noted', text(now))
      noted = 1
    end
  elseif KEYS[3] then
    local alive = tonumber(redis.call('ZSCORE', KEYS[4], ARGV[17]))
    local s = redis.call('HMGET', KEYS[3], 'counter', 'confirmed', 'aside', 'seen', 'address', 'stepped', 'proved', 'factors')
    if not alive or alive <= now or not s[1] or a[3] == '1' then return {ENDED} end
    stepped, proved, factors = tonumber(s[6]) or 0, tonumber(s[7]) or 0, tonumber(s[8]) or 0
    if redis.call('EXISTS', KEYS[5]) == 1 then return {REVOKED} end

    local token, counter = tonumber(ARGV[18]), tonumber(s[1])
    if string.find(',' .. s[3], ',' .. text(token) .. ',', 1, true) then
      redis.call('DEL', KEYS[3])
      redis.call('ZREM', KEYS[4], ARGV[17])
      return {REUSED, now}
    elseif token == counter and s[2] == '0' then
      redis.call('HSET', KEYS[3], 'confirmed', '1')
    elseif token > counter and token - counter <= AHEAD then
      -- Redis came back a moment old, and the client knows better.
      redis.call('HSET', KEYS[3], 'counter', text(token), 'previous', text(token - 1), 'confirmed', '1', 'exchanged', text(now))
    end
    if a[1] and (now - tonumber(s[4]) >= TOUCH or s[5] ~= ARGV[19]) then
      redis.call('HSET', KEYS[3], 'seen', text(now), 'address', ARGV[19])
    end
  end
  if not a[1] then return {UNKNOWN} end
  role, tier = tonumber(a[1]), tonumber(a[2])
end

local OWN = 5 -- the personal token's own minute, in a hash of its own
local NAME = {'burst', 'minute', 'hour', 'day', 'minute'}
local LENGTH = {1000, 60000, 3600000, 86400000, 60000}
local STEP = {16, 1000, 60000, 1440000, 1000}
local SLOTS = {64, 61, 61, 61, 61} -- steps that an interval of that length can touch

local offset = (role == 1 and 3 or tier) * 4
local lines = redis.call('HMGET', KEYS[1], 'burst', 'minute', 'hour', 'day', 'kept')
local kept = tonumber(lines[5])
lines[OWN] = own > 0 and redis.call('HGET', KEYS[4], NAME[OWN])
local rings, retry, longest = {}, 0, 0

-- The step in a slot of a ring and how many requests it saw.
local function closed(i, slot)
  local step, count = string.match(redis.call('HGET', i == OWN and KEYS[4] or KEYS[1], NAME[i] .. text(slot)), '(%d+) (%d+)')
  return tonumber(step), tonumber(count)
end

-- Moves to the ring's next oldest step.
local function advance(i, r)
  r.size = r.size - 1
  r.slot = (r.slot + 1) % SLOTS[i]
  if r.size == 1 then
    r.first, r.first_count = r.last, r.last_count
  else
    r.first, r.first_count = closed(i, r.slot)
  end
end

-- When so many requests have left the window.
local function leaves(i, r, many)
  local walk = {size = r.size, slot = r.slot, first = r.first, first_count = r.first_count, last = r.last, last_count = r.last_count}
  while walk.first_count < many and walk.size > 1 do
    many = many - walk.first_count
    advance(i, walk)
  end
  return (walk.first + SLOTS[i]) * STEP[i]
end

for i = 1, OWN do
  local limit = i == OWN and own or tonumber(ARGV[offset + i])
  if limit > 0 then
    local r = {limit = limit, size = 0, total = 0, slot = 0, step = math.floor(now / STEP[i])}
    if lines[i] then
      local slot, size, total, first, first_count, last, last_count = string.match(lines[i], '(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+)')
      r.slot, r.size, r.total, r.first, r.first_count = tonumber(slot), tonumber(size), tonumber(total), tonumber(first), tonumber(first_count)
      r.last, r.last_count = tonumber(last), tonumber(last_count)

      -- A clock that went back a little counts on in the latest step; a ring from a far future is a wrong clock's.
      if r.last > r.step and r.last - r.step < SLOTS[i] then r.step = r.last end
      local oldest = r.step - SLOTS[i] + 1
      if r.last < oldest or r.last > r.step then r.size, r.total, r.slot = 0, 0, 0 end
      while r.size > 0 and r.first < oldest do
        r.total = r.total - r.first_count
        advance(i, r)
      end
    end
    rings[i] = r
    if i < OWN then longest = LENGTH[i] end
    if r.total >= limit then
      r.resets = leaves(i, r, r.total + 1 - limit)
      retry = math.max(retry, r.resets)
    end
  end
end

-- Counts the request in its step; gathers what is to be written.
local function enter(i, r, write)
  if r.size > 0 and r.last == r.step then
    r.last_count = r.last_count + 1
  else
    if r.size > 1 then
      write[#write + 1] = NAME[i] .. text((r.slot + r.size - 1) % SLOTS[i])
      write[#write + 1] = text(r.last) .. ' ' .. text(r.last_count)
    end
    r.size, r.last, r.last_count = r.size + 1, r.step, 1
  end
  if r.size == 1 then r.first, r.first_count = r.last, r.last_count end
  r.total = r.total + 1
  write[#write + 1] = NAME[i]
  write[#write + 1] = string.format('%d %d %d %d %d %d %d', r.slot, r.size, r.total, r.first, r.first_count, r.last, r.last_count)
end

if retry == 0 then
  local unpack = table.unpack or unpack -- Garnet's Lua is 5.4, Redis's 5.1
  local write = {}
  for i = 1, OWN - 1 do
    if rings[i] then enter(i, rings[i], write) end
  end

  -- The hash outlives its longest window; renewing that now and then is enough.
  local renew = not kept or now < kept or now - kept > longest / 20
  if renew then
    write[#write + 1] = 'kept'
    write[#write + 1] = text(now)
  end
  redis.call('HSET', KEYS[1], unpack(write))
  if renew then redis.call('PEXPIRE', KEYS[1], text(longest + math.floor(longest / 10))) end

  if rings[OWN] then
    local mine = {}
    enter(OWN, rings[OWN], mine)
    redis.call('HSET', KEYS[4], unpack(mine))
    redis.call('PEXPIRE', KEYS[4], text(LENGTH[OWN] + math.floor(LENGTH[OWN] / 10)))
  end
end

local answer = {retry == 0 and ALLOWED or LIMITED, role, tier, now, retry, stepped, scopes, expires, noted, proved, factors}
for i = 1, OWN do
  local r = rings[i]
  if r then
    answer[#answer + 1] = i
    answer[#answer + 1] = r.limit
    answer[#answer + 1] = math.max(0, r.limit - r.total)
    answer[#answer + 1] = r.resets or (r.size > 0 and (r.first + SLOTS[i]) * STEP[i] or now)
  end
end

return answer
