-- Prolongs leases, all or none.
--
-- KEYS leases
-- ARGV token, lease ms, deadline, names of the leases
-- Returns 1 when all were prolonged, 0 when one is lost, -1 when late.

--- @include "parts/clock"

local now = clock()
if now > tonumber(ARGV[3]) then return -1 end
for i = 4, #ARGV do
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  local token, stop = string.match(held or '', '^(.-)|(%d+)$')
  if token ~= ARGV[1] or tonumber(stop) <= now then return 0 end
end
for i = 4, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[1] .. '|' .. string.format('%.0f', now + tonumber(ARGV[2])))
end
return 1
