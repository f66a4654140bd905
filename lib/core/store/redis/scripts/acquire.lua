-- Takes leases, all or none, and the next fence of a key.
--
-- KEYS leases, fences
-- ARGV token, lease ms, deadline, key, names of the leases
-- Returns 'taken', 'held' or 'late', and the fence.

--- @include "parts/clock"

local now = clock()
if now > tonumber(ARGV[3]) then return { 'late', 0 } end
for i = 5, #ARGV do
  local token, stop = string.match(redis.call('HGET', KEYS[1], ARGV[i]) or '', '^(.-)|(%d+)$')
  if token and token ~= ARGV[1] and tonumber(stop) > now then return { 'held', 0 } end
end
local fence = math.max((tonumber(redis.call('HGET', KEYS[2], ARGV[4]) or '0') or 0) + 1, now)
redis.call('HSET', KEYS[2], ARGV[4], string.format('%.0f', fence))
for i = 5, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[1] .. '|' .. string.format('%.0f', now + tonumber(ARGV[2])))
end
return { 'taken', fence }
