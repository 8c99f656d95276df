-- Decides about one request: does its session or personal token live, was its token revoked, who is its user now, and may
-- the caller send another one? With KEYS[1] alone, or KEYS[1..2], it only counts. What is refused isn't counted.
--
-- A window of T allows N requests in any T. It counts in steps of at most T/60 and takes every step that the last T
-- touches for whole (the strict side), so that a client evenly under 95 % of N always fits. A ring holds the steps that
-- saw requests, the oldest first, beside their total: each step enters once and leaves once, however long the window.
--
-- It runs for every request, and redis-server does nothing else meanwhile. So what is mostly so comes first, and is written
-- out: no table, function or string is made that such a request doesn't need.
--
-- KEYS[1]  counts: a string, because it is read and written at once and needs no number written out
-- KEYS[2]  (for a user) the account hash
-- KEYS[3]  session hash, or a personal token's hash
-- KEYS[4]  the user's sessions: ids by the end of their idle time; or the personal token's own counts
-- KEYS[5]  the token's key on the blacklist
-- ARGV     1 limits per burst, minute, hour, day of free, premium, enterprise and admin, 0 for no such window: 16 doubles;
--          2 session id, '' for a personal token, 3 the token's counter, 4 address
-- ARGV[5]  now in ms, or '' to ask Redis
-- Returns  doubles, little-endian: outcome, role, tier, now, retry at, last step-up (0 for none), sign-in that proved who it
--          is (0 for none), factors of the session; limit (0 for no such window), remaining and resets at of burst, minute,
--          hour and day; for a personal token its scopes, its end, 1 for its first use in a minute, and limit (0 for none),
--          remaining and resets at of its own minute
--          outcome: 0 allowed | 1 session ended | 2 token revoked | 3 over a limit | 4 account or personal token not known
--                   here | 5 token was set aside: its session was ended; where nothing was counted, {outcome, now}
local call, now = redis.call, ARGV[5]
if now == '' then
  local t = call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
else
  now = tonumber(now)
end

local ALLOWED, ENDED, REVOKED, LIMITED, UNKNOWN, REUSED = 0, 1, 2, 3, 4, 5
local AHEAD, TOUCH, NOTED = 16, 1000, 60000
local role, tier, stepped, proved, factors = 0, 0, 0, 0, 0
local scopes, expires, own, noted = 0, 0, 0

if KEYS[2] then
  local a = call('HMGET', KEYS[2], 'role', 'tier', 'disabled')
  if KEYS[3] and ARGV[2] == '' then
    if a[3] == '1' or call('EXISTS', KEYS[5]) == 1 then return struct.pack('<dd', REVOKED, now) end
    local t = call('HMGET', KEYS[3], 'scopes', 'expires', 'minute', 'noted')
    if not t[1] then return struct.pack('<dd', UNKNOWN, now) end
    scopes, expires, own, noted = tonumber(t[1]), tonumber(t[2]), tonumber(t[3]), 0
    if expires <= now then return struct.pack('<dd', REVOKED, now) end
    if a[1] and now - tonumber(t[4] or '0') >= NOTED then
      call('HSET', KEYS[3], 'noted', string.format('%d', now))
      noted = 1
    end
  elseif KEYS[3] then
    local alive = call('ZSCORE', KEYS[4], ARGV[2])
    local s = call('HMGET', KEYS[3], 'counter', 'confirmed', 'aside', 'seen', 'address', 'stepped', 'proved', 'factors')
    if not alive or alive - now <= 0 or not s[1] or a[3] == '1' then return struct.pack('<dd', ENDED, now) end
    if call('EXISTS', KEYS[5]) == 1 then return struct.pack('<dd', REVOKED, now) end
    stepped, proved, factors = (s[6] or 0) + 0, (s[7] or 0) + 0, (s[8] or 0) + 0

    local ahead = ARGV[3] - s[1]
    if s[3] ~= '' and string.find(',' .. s[3], ',' .. ARGV[3] .. ',', 1, true) then
      call('DEL', KEYS[3])
      call('ZREM', KEYS[4], ARGV[2])
      return struct.pack('<dd', REUSED, now)
    elseif ahead == 0 and s[2] == '0' then
      call('HSET', KEYS[3], 'confirmed', '1')
    elseif ahead > 0 and ahead <= AHEAD then
      -- Redis came back a moment old, and the client knows better.
      call('HSET', KEYS[3], 'counter', ARGV[3], 'previous', string.format('%d', ARGV[3] - 1), 'confirmed', '1', 'exchanged', string.format('%d', now))
    end
    if a[1] and (now - s[4] >= TOUCH or s[5] ~= ARGV[4]) then
      call('HSET', KEYS[3], 'seen', string.format('%d', now), 'address', ARGV[4])
    end
  end
  if not a[1] then return struct.pack('<dd', UNKNOWN, now) end
  role, tier = a[1] + 0, a[2] + 0
end

-- Counts begin with the four windows' states (total, the oldest step, the latest, the counts of both, where the ring
-- begins, how many steps are in it) and when their life was renewed; the rings follow, of closed steps and their counts.
local HEAD, STATES = 144, '<dddI4I4BBdddI4I4BBdddI4I4BBdddI4I4BBd'
local burst, minute, hour, day = struct.unpack('<dddd', ARGV[1], (role == 1 and 3 or tier) * 32 + 1)
local head = call('GETRANGE', KEYS[1], '0', '143')
if #head < HEAD then head = string.rep('\0', HEAD) end

-- t total, f first step, l last step, fc and lc their counts, s slot, n steps; 1 burst, 2 minute, 3 hour, 4 day, 5 the
-- personal token's own minute. Steps are of 16 ms, 1 s, 1 min and 24 min; 64, 61, 61 and 61 of them touch the window.
local t1, f1, l1, fc1, lc1, s1, n1, t2, f2, l2, fc2, lc2, s2, n2, t3, f3, l3, fc3, lc3, s3, n3, t4, f4, l4, fc4, lc4, s4, n4, kept =
  struct.unpack(STATES, head)
local t5, f5, l5, fc5, lc5, s5, n5, own_head = 0, 0
local ring1, ring2, ring3, ring4, ring5, closed1, closed2, closed3, closed4, closed5

if own == 0 and t1 < burst and t2 < minute and t3 < hour and t4 < day
  and l1 * 16 == now - now % 16 and l2 * 1000 == now - now % 1000 and l3 * 60000 == now - now % 60000 and l4 * 1440000 == now - now % 1440000 then
  -- Every window has room and goes on in its latest step; what had to leave it left when that step came.
  t1, lc1, t2, lc2, t3, lc3, t4, lc4 = t1 + 1, lc1 + 1, t2 + 1, lc2 + 1, t3 + 1, lc3 + 1, t4 + 1, lc4 + 1
  if n1 == 1 then fc1 = lc1 end
  if n2 == 1 then fc2 = lc2 end
  if n3 == 1 then fc3 = lc3 end
  if n4 == 1 then fc4 = lc4 end
else
  local ENTRY, CLOSED = 12, '<dI4'

  -- A window's state once the request is counted, and where in the ring a step that this closed belongs. One that is full
  -- holds more than its limit then, and begins with the step whose leaving makes room.
  local function count(key, limit, length, slots, ring, total, first, last, first_count, last_count, slot, size)
    if limit == 0 then return 0, 0, 0, 0, 0, 0, 0 end
    local step = (now - now % length) / length

    -- A clock that went back a little counts on in the latest step; a ring from a far future is a wrong clock's.
    if last > step and last - step < slots then
      step = last
    elseif last > step or last <= step - slots then
      total, slot, size = 0, 0, 0
    end
    while size > 0 and (first <= step - slots or total - first_count >= limit) do
      total, slot, size = total - first_count, (slot + 1) % slots, size - 1
      if size == 1 then
        first, first_count = last, last_count
      elseif size > 1 then
        local at = ring + slot * ENTRY
        first, first_count = struct.unpack(CLOSED, call('GETRANGE', key, string.format('%d', at), string.format('%d', at + ENTRY - 1)))
      end
    end
    if total >= limit then return total + 1, first end

    local at, closed
    if size > 0 and last == step then
      last_count = last_count + 1
    else
      if size > 1 then
        at, closed = string.format('%d', ring + (slot + size - 1) % slots * ENTRY), struct.pack(CLOSED, last, last_count)
      end
      size, last, last_count = size + 1, step, 1
    end
    if size == 1 then first, first_count = last, last_count end
    return total + 1, first, last, first_count, last_count, slot, size, at, closed
  end

  t1, f1, l1, fc1, lc1, s1, n1, ring1, closed1 = count(KEYS[1], burst, 16, 64, 144, t1, f1, l1, fc1, lc1, s1, n1)
  t2, f2, l2, fc2, lc2, s2, n2, ring2, closed2 = count(KEYS[1], minute, 1000, 61, 912, t2, f2, l2, fc2, lc2, s2, n2)
  t3, f3, l3, fc3, lc3, s3, n3, ring3, closed3 = count(KEYS[1], hour, 60000, 61, 1644, t3, f3, l3, fc3, lc3, s3, n3)
  t4, f4, l4, fc4, lc4, s4, n4, ring4, closed4 = count(KEYS[1], day, 1440000, 61, 2376, t4, f4, l4, fc4, lc4, s4, n4)
  if own > 0 then
    own_head = call('GETRANGE', KEYS[4], '0', '143')
    if #own_head < HEAD then own_head = string.rep('\0', HEAD) end
    t5, f5, l5, fc5, lc5, s5, n5 = struct.unpack('<dddI4I4BB', own_head, 35)
    t5, f5, l5, fc5, lc5, s5, n5, ring5, closed5 = count(KEYS[4], own, 1000, 61, 912, t5, f5, l5, fc5, lc5, s5, n5)
  end
end

local outcome, retry = ALLOWED, 0
local left1, left2, left3, left4, left5 = burst - t1, minute - t2, hour - t3, day - t4, own - t5
local resets1, resets2, resets3, resets4, resets5 =
  (f1 + 64) * 16, (f2 + 61) * 1000, (f3 + 61) * 60000, (f4 + 61) * 1440000, (f5 + 61) * 1000

if left1 >= 0 and left2 >= 0 and left3 >= 0 and left4 >= 0 and left5 >= 0 then
  if closed1 then call('SETRANGE', KEYS[1], ring1, closed1) end
  if closed2 then call('SETRANGE', KEYS[1], ring2, closed2) end
  if closed3 then call('SETRANGE', KEYS[1], ring3, closed3) end
  if closed4 then call('SETRANGE', KEYS[1], ring4, closed4) end
  if closed5 then call('SETRANGE', KEYS[4], ring5, closed5) end

  -- They outlive their longest window; renewing that now and then is enough.
  local longest = day > 0 and 86400000 or hour > 0 and 3600000 or minute > 0 and 60000 or 1000
  local renew = now < kept or now - kept > longest / 20
  if renew then kept = now end
  call('SETRANGE', KEYS[1], '0', struct.pack(STATES,
    t1, f1, l1, fc1, lc1, s1, n1, t2, f2, l2, fc2, lc2, s2, n2, t3, f3, l3, fc3, lc3, s3, n3, t4, f4, l4, fc4, lc4, s4, n4, kept))
  if renew then call('PEXPIRE', KEYS[1], string.format('%d', longest + longest / 10)) end
  if own > 0 then
    kept = struct.unpack('<d', own_head, 137)
    renew = now < kept or now - kept > 3000
    if renew then kept = now end
    call('SETRANGE', KEYS[4], '0', struct.pack(STATES,
      0, 0, 0, 0, 0, 0, 0, t5, f5, l5, fc5, lc5, s5, n5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, kept))
    if renew then call('PEXPIRE', KEYS[4], '66000') end
  end
else
  -- As if it hadn't come: a window that is full makes room when it resets, and one that holds nothing else is whole as of now.
  outcome = LIMITED
  local function uncounted(limit, left, resets)
    if limit == 0 then return 0, 0 end
    if left < 0 then
      retry = math.max(retry, resets)
      return 0, resets
    end
    return left + 1, left + 1 == limit and now or resets
  end
  left1, resets1 = uncounted(burst, left1, resets1)
  left2, resets2 = uncounted(minute, left2, resets2)
  left3, resets3 = uncounted(hour, left3, resets3)
  left4, resets4 = uncounted(day, left4, resets4)
  left5, resets5 = uncounted(own, left5, resets5)
end

local answer = struct.pack('<dddddddddddddddddddd', outcome, role, tier, now, retry, stepped, proved, factors,
  burst, left1, resets1, minute, left2, resets2, hour, left3, resets3, day, left4, resets4)
return noted and answer .. struct.pack('<dddddd', scopes, expires, noted, own, left5, resets5) or answer
