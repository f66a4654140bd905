-- Prolongs leases, all or none. Those that Redis has lost are taken again, with the fence that was granted with them,
-- unless somebody else has had the lock since.
--
-- KEYS leases, fences
-- ARGV token, lease ms, deadline, key, fence, names of the leases
-- Returns 1 when all are the caller's, 0 when one is lost, -1 when late.

--- @include "parts/clock"

local now = clock()
if now > tonumber(ARGV[3]) then return -1 end
local fence = tonumber(ARGV[5])
local lock = 'lock:' .. ARGV[4]
local locks = false
for i = 6, #ARGV do
  local token, stop = string.match(redis.call('HGET', KEYS[1], ARGV[i]) or '', '^(.-)|(%d+)$')
  if token and token ~= ARGV[1] and tonumber(stop) > now then return 0 end
  if ARGV[i] == lock then locks = true end
end
if locks then
  local last = tonumber(redis.call('HGET', KEYS[2], lock) or '0') or 0
  if last > fence then return 0 end
  if last < fence then redis.call('HSET', KEYS[2], lock, ARGV[5]) end
end
if (tonumber(redis.call('HGET', KEYS[2], ARGV[4]) or '0') or 0) < fence then
  redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
end
for i = 6, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[1] .. '|' .. string.format('%.0f', now + tonumber(ARGV[2])))
end
return 1
