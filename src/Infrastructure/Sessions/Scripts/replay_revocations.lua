-- Ends once more what was ended of a user's: for a Redis that came back a moment old. It may run at any time, any number
-- of times: what is over stays over, and what was opened after a cut-off lives on. What was opened in the millisecond of
-- a cut-off ends with it.
-- KEYS[1]   the user's sessions: ids by the end of their idle time
-- KEYS[2]   the user's account hash: unless it shuts, it goes, so that the next request brings it anew from the database
-- KEYS[3..] the session hashes, then the tokens' keys on the blacklist
-- ARGV      1 how many cut-offs, 2 how many sessions; then per cut-off: its moment in ms, id of the session that stayed or '';
--           per session: id, ended (0 or 1: only if a cut-off says so); per token: its end in ms; the last is now in ms,
--           or '' to ask Redis
-- Returns   how many sessions and tokens ended here
local now = tonumber(ARGV[#ARGV])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end

local cuts, sessions, ended = tonumber(ARGV[1]), tonumber(ARGV[2]), 0
-- A state from before a ban mustn't let anybody in; one that shuts may stay.
if cuts > 0 and redis.call('HGET', KEYS[2], 'disabled') ~= '1' then redis.call('DEL', KEYS[2]) end

for i = 1, sessions do
  local key, id = KEYS[2 + i], ARGV[2 + 2 * cuts + 2 * i - 1]
  local over = ARGV[2 + 2 * cuts + 2 * i] == '1'
  local created = tonumber(redis.call('HGET', key, 'created') or '')
  for c = 1, cuts do
    local at, kept = tonumber(ARGV[1 + 2 * c]), ARGV[2 + 2 * c]
    if id ~= kept and (not created or created <= at) then over = true end
  end
  if over then
    local hash, member = redis.call('DEL', key), redis.call('ZREM', KEYS[1], id)
    ended = ended + math.max(hash, member)
  end
end

for i = sessions + 3, #KEYS do
  local left = tonumber(ARGV[2 + 2 * cuts + 2 * sessions + i - sessions - 2]) - now
  if left > 0 then
    if redis.call('EXISTS', KEYS[i]) == 0 then ended = ended + 1 end
    redis.call('SET', KEYS[i], '1', 'PX', string.format('%d', left))
  end
end

return ended
