-- Takes leases, all or none, and the next fence of a key. The lock of a key is granted in order of arrival.
--
-- KEYS leases, fences, waiters, replicas
-- ARGV token, lease ms, deadline, key, 'wait' or 'try' for its lock or '' if it is not needed, ticket ('' if the caller has
--      none yet), ids of the caller's holds separated by commas, the known memory ('' if none), id of a new one, lease ms of a
--      replica, the highest fence of the key that the caller knows, the longest lease ms of a holder that the caller knows, when
--      the server that it knows was met, names of the leases
-- Returns 'taken' and the fence; or 'held', the ticket ('' if none), the waiting callers and for how many ms a lock may be held
-- that the store does not know of; or 'late' and the clock.

--- @include "parts/clock"
--- @include "parts/term"
--- @include "parts/server"
--- @include "parts/fields"
--- @include "parts/members"
--- @include "parts/leases"
--- @include "parts/line"
--- @include "parts/memory"

local token, key, mode = ARGV[1], ARGV[4], ARGV[5]
local now = clock()
if is_late(ARGV[3], now) then return { 'late', now } end
local lasts, back, longest = tonumber(ARGV[2]), tonumber(ARGV[10]), tonumber(ARGV[12])
local met = meet(KEYS[4], now, back, ARGV[13], redis.call)
local held, unsure = false, 0
for i = 14, #ARGV do
  local alive, owner, left = standing(ARGV[i], redis.call('HGET', KEYS[1], ARGV[i]), now, met)
  if alive and owner ~= token then
    held = held or alive == 'yes'
    unsure = math.max(unsure, left)
  end
end
if mode ~= '' then
  recall(KEYS[2], now, ARGV[8], ARGV[9], back, longest)
  miss_leases(KEYS[2], KEYS[1], now, longest)
  miss_locks(KEYS[2], met, longest)
  unsure = math.max(unsure, unsure_of(KEYS[2], now, met, back, longest))
  local line = line_of(KEYS[3], now, met.calm)
  local ticket = place_in(line, now, token, ARGV[6])
  for _, waiter in ipairs(line) do
    if waiter.key == key and waiter.kind == 'l' and waiter.ticket < ticket then held = true end
  end
  if held or unsure > 0 then
    if mode == 'try' then return { 'held', '', {}, unsure } end
    local place, waiters = enlist(KEYS[3], line, now, token, ARGV[6], key, 'l', ARGV[7])
    return { 'held', place, waiters, unsure }
  end
  redis.call('HDEL', KEYS[3], token)
elseif held or unsure > 0 then
  return { 'held', '', {}, 0 }
end
local last = math.max(tonumber(redis.call('HGET', KEYS[2], key) or '0') or 0, tonumber(ARGV[11]))
local fence = math.max(last + 1, now)
redis.call('HSET', KEYS[2], key, string.format('%.0f', fence))
if mode ~= '' then redis.call('HSET', KEYS[2], 'lock:' .. key, string.format('%.0f', fence)) end
for i = 14, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], lease_of(ARGV[i], token, lasts, now))
end
return { 'taken', fence }
