-- Records how far the work of a hold is, as long as its lease lives; or returns the progress of all holds.
--
-- KEYS leases, progress
-- ARGV nothing to read; to record: deadline, name of the lease, id of the hold (the lease's token), and a text
-- Returns 1 if it was recorded, 0 if the lease is not the caller's, 'late' and the clock; or ids and texts in turn.

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
