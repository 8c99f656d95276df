-- Decides about one request: does its session or personal token live, was its token revoked, who is its user now, and may
-- the caller send another one? With KEYS[1] alone, or KEYS[1..2], it only counts. What is refused isn't counted.
--
-- A window of T allows N requests in any T. It counts in steps of at most T/60 and takes every step that the last T
-- touches for whole (the strict side), so that a client evenly under 95 % of N always fits. A ring holds the steps that
-- saw requests, the oldest first, beside their total: each step enters once and leaves once, however long the window.
--
-- KEYS[1]  counts: a string, because it is read and written at once and needs no number written out
-- KEYS[2]  (for a user) the account hash
-- KEYS[3]  session hash, or a personal token's hash
-- KEYS[4]  the user's sessions: ids by the end of their idle time; or the personal token's own counts
-- KEYS[5]  the token's key on the blacklist
-- ARGV     1 limits per burst, minute, hour, day of free, premium, enterprise and admin, 0 for no such window: 16 doubles;
--          2 session id, '' for a personal token, 3 the token's counter, 4 address
-- ARGV[5]  now in ms, or '' to ask Redis
-- Returns  doubles, little-endian: outcome, role, tier, now, retry at, last step-up (0 for none), scopes, the personal
--          token's end, 1 for its first use in a minute, sign-in that proved who it is (0 for none), factors of the session,
--          then per window: which (1-4, 5 the personal token's own minute), limit, remaining, resets at
--          outcome: 0 allowed | 1 session ended | 2 token revoked | 3 over a limit | 4 account or personal token not known
--                   here | 5 token was set aside: its session was ended, {5, now}
local now = tonumber(ARGV[5])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local ALLOWED, ENDED, REVOKED, LIMITED, UNKNOWN, REUSED = 0, 1, 2, 3, 4, 5
local AHEAD, TOUCH, NOTED = 16, 1000, 60000
local text = function(n) return string.format('%d', n) end
local say = function(outcome) return struct.pack('<dd', outcome, now) end
local role, tier, stepped, proved, factors = 0, 0, 0, 0, 0
local scopes, expires, own, noted = 0, 0, 0, 0

if KEYS[2] then
  local a = redis.call('HMGET', KEYS[2], 'role', 'tier', 'disabled')
  if KEYS[3] and ARGV[2] == '' then
    if a[3] == '1' or redis.call('EXISTS', KEYS[5]) == 1 then return say(REVOKED) end
    local t = redis.call('HMGET', KEYS[3], 'scopes', 'expires', 'minute', 'noted')
    if not t[1] then return say(UNKNOWN) end
    scopes, expires, own = tonumber(t[1]), tonumber(t[2]), tonumber(t[3])
    if expires <= now then return say(REVOKED) end
    if a[1] and now - tonumber(t[4] or '0') >= NOTED then
      redis.call('HSET', KEYS[3], 'noted', text(now))
      noted = 1
    end
  elseif KEYS[3] then
    local alive = tonumber(redis.call('ZSCORE', KEYS[4], ARGV[2]))
    local s = redis.call('HMGET', KEYS[3], 'counter', 'confirmed', 'aside', 'seen', 'address', 'stepped', 'proved', 'factors')
    if not alive or alive <= now or not s[1] or a[3] == '1' then return say(ENDED) end
    stepped, proved, factors = tonumber(s[6]) or 0, tonumber(s[7]) or 0, tonumber(s[8]) or 0
    if redis.call('EXISTS', KEYS[5]) == 1 then return say(REVOKED) end

    local token, counter = tonumber(ARGV[3]), tonumber(s[1])
    if s[3] ~= '' and string.find(',' .. s[3], ',' .. text(token) .. ',', 1, true) then
      redis.call('DEL', KEYS[3])
      redis.call('ZREM', KEYS[4], ARGV[2])
      return say(REUSED)
    elseif token == counter and s[2] == '0' then
      redis.call('HSET', KEYS[3], 'confirmed', '1')
    elseif token > counter and token - counter <= AHEAD then
      -- Redis came back a moment old, and the client knows better.
      redis.call('HSET', KEYS[3], 'counter', text(token), 'previous', text(token - 1), 'confirmed', '1', 'exchanged', text(now))
    end
    if a[1] and (now - tonumber(s[4]) >= TOUCH or s[5] ~= ARGV[4]) then
      redis.call('HSET', KEYS[3], 'seen', text(now), 'address', ARGV[4])
    end
  end
  if not a[1] then return say(UNKNOWN) end
  role, tier = tonumber(a[1]), tonumber(a[2])
end

local LENGTH = {1000, 60000, 3600000, 86400000}
local STEP = {16, 1000, 60000, 1440000}
local SLOTS = {64, 61, 61, 61} -- steps that an interval of that length can touch

-- Counts begin with the four windows' states (total, the oldest step, the latest, the counts of both, where the ring
-- begins, how many steps are in it) and when their life was renewed; the rings follow, of closed steps and their counts.
local STATE, CLOSED, NONE = '<dddI4I4BB', '<dI4', string.rep('\0', 34)
local WIDTH, KEPT, HEAD, ENTRY = 34, 136, 144, 12
local RING = {HEAD, HEAD + 64 * ENTRY, HEAD + 125 * ENTRY, HEAD + 186 * ENTRY}

local function place(w, slot) return RING[w.kind] + slot % SLOTS[w.kind] * ENTRY end

-- Moves to the ring's next oldest step.
local function advance(w)
  w.size, w.slot = w.size - 1, (w.slot + 1) % SLOTS[w.kind]
  if w.size == 1 then
    w.first, w.first_count = w.last, w.last_count
  elseif w.size > 1 then
    local at = place(w, w.slot)
    w.first, w.first_count = struct.unpack(CLOSED, redis.call('GETRANGE', w.key, text(at), text(at + ENTRY - 1)))
  end
end

-- When so many requests have left the window.
local function leaves(w, many)
  local walk = {}
  for name, value in pairs(w) do walk[name] = value end
  while walk.first_count < many and walk.size > 1 do
    many = many - walk.first_count
    advance(walk)
  end
  return (walk.first + SLOTS[w.kind]) * STEP[w.kind]
end

-- A window as it is now.
local function window(key, head, kind, limit)
  local step = math.floor(now / STEP[kind])
  if #head < HEAD then return {key = key, kind = kind, limit = limit, step = step, total = 0, first = 0, last = 0, first_count = 0, last_count = 0, slot = 0, size = 0} end
  local total, first, last, first_count, last_count, slot, size = struct.unpack(STATE, head, (kind - 1) * WIDTH + 1)
  local oldest = step - SLOTS[kind] + 1

  -- A clock that went back a little counts on in the latest step; a ring from a far future is a wrong clock's.
  if last > step and last - step < SLOTS[kind] then
    step, oldest = last, last - SLOTS[kind] + 1
  elseif last < oldest or last > step then
    total, slot, size = 0, 0, 0
  end
  local w = {key = key, kind = kind, limit = limit, step = step, total = total, first = first, last = last, first_count = first_count, last_count = last_count, slot = slot, size = size}
  while w.size > 0 and w.first < oldest do
    w.total = w.total - w.first_count
    advance(w)
  end
  return w
end

-- The windows that have a limit, and when those that are full let the next request pass.
local retry = 0
local function read(key, ...)
  local head = redis.call('GETRANGE', key, '0', '143')
  local counts = {key = key, kept = #head < HEAD and 0 or struct.unpack('<d', head, KEPT + 1), longest = 0}
  for kind = 1, 4 do
    local limit = select(kind, ...)
    if limit > 0 then
      local w = window(key, head, kind, limit)
      counts[kind], counts.longest = w, LENGTH[kind]
      if w.total >= limit then
        w.resets = leaves(w, w.total + 1 - limit)
        retry = math.max(retry, w.resets)
      end
    end
  end
  return counts
end

-- Counts the request in its step.
local function enter(w)
  if not w then return NONE end
  if w.size > 0 and w.last == w.step then
    w.last_count = w.last_count + 1
  else
    if w.size > 1 then
      redis.call('SETRANGE', w.key, text(place(w, w.slot + w.size - 1)), struct.pack(CLOSED, w.last, w.last_count))
    end
    w.size, w.last, w.last_count = w.size + 1, w.step, 1
  end
  if w.size == 1 then w.first, w.first_count = w.last, w.last_count end
  w.total = w.total + 1
  return struct.pack(STATE, w.total, w.first, w.last, w.first_count, w.last_count, w.slot, w.size)
end

local function write(counts)
  -- They outlive their longest window; renewing that now and then is enough.
  local renew = now < counts.kept or now - counts.kept > counts.longest / 20
  local kept = struct.pack('<d', renew and now or counts.kept)
  redis.call('SETRANGE', counts.key, '0', enter(counts[1]) .. enter(counts[2]) .. enter(counts[3]) .. enter(counts[4]) .. kept)
  if renew then redis.call('PEXPIRE', counts.key, text(counts.longest + math.floor(counts.longest / 10))) end
end

local function tell(which, w)
  if not w then return '' end
  local resets = w.resets or (w.size > 0 and (w.first + SLOTS[w.kind]) * STEP[w.kind] or now)
  return struct.pack('<dddd', which, w.limit, w.limit > w.total and w.limit - w.total or 0, resets)
end

local at = (role == 1 and 3 or tier) * 32
local shared = read(KEYS[1], struct.unpack('<dddd', ARGV[1], at + 1))
local mine = own > 0 and read(KEYS[4], 0, own, 0, 0)
if retry == 0 then
  write(shared)
  if mine then write(mine) end
end

return struct.pack('<ddddddddddd', retry == 0 and ALLOWED or LIMITED, role, tier, now, retry, stepped, scopes, expires, noted, proved, factors)
  .. tell(1, shared[1]) .. tell(2, shared[2]) .. tell(3, shared[3]) .. tell(4, shared[4]) .. tell(5, mine and mine[2])
