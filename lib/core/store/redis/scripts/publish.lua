-- Publishes keys of an application.
--
-- KEYS catalogue
-- ARGV deadline, the maximum number of entries, the number of names to drop, these names, then name and JSON of each key
-- Returns how many keys were published, or 'late' and the clock.

--- @include "parts/clock"
--- @include "parts/term"

local now = clock()
if is_late(ARGV[1], now) then return { 'late', now } end
local most, dropped = tonumber(ARGV[2]), tonumber(ARGV[3])
for i = 4, 3 + dropped do
  redis.call('HDEL', KEYS[1], ARGV[i])
end
local size = #redis.call('HGETALL', KEYS[1]) / 2
local count = 0
for i = 4 + dropped, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if known or size < most then
    redis.call('HSET', KEYS[1], ARGV[i], string.format('%.0f|', now) .. ARGV[i + 1])
    if not known then size = size + 1 end
    count = count + 1
  end
end
return count
