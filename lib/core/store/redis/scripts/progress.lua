-- Notes how far the work of a hold is, as long as its lease lives; or tells how far all are.
--
-- KEYS leases, progress
-- ARGV none to be told; else deadline, name of the lease, id of the hold, which is the lease's token, and a text
-- Returns 1 when it was noted, 0 when the lease is not the caller's, 'late' and the clock; or ids and texts in turn.

--- @include "parts/clock"
--- @include "parts/term"
--- @include "parts/leases"

local now = clock()
if ARGV[1] then
  if is_late(ARGV[1], now) then return { 'late', now } end
  local alive, token = standing(ARGV[2], redis.call('HGET', KEYS[1], ARGV[2]), now, nil)
  if alive ~= 'yes' or token ~= ARGV[3] then return 0 end
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
  return 1
end
local found = {}
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  local name = 'hold:' .. all[i]
  if standing(name, redis.call('HGET', KEYS[1], name), now, nil) then
    found[#found + 1] = all[i]
    found[#found + 1] = all[i + 1]
  else
    redis.pcall('HDEL', KEYS[2], all[i])
  end
end
return found
