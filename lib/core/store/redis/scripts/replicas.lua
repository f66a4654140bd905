-- Who is there; entries whose lease is over are dropped.
--
-- KEYS replicas
-- Returns the clock and all entries.

--- @include "parts/clock"

local now = clock()
local all = redis.call('HGETALL', KEYS[1])
local alive = {}
for i = 1, #all, 2 do
  if tonumber(string.match(all[i + 1], '^(%d+)|') or '0') > now then
    alive[#alive + 1] = all[i + 1]
  else
    redis.pcall('HDEL', KEYS[1], all[i])
  end
end
return { now, alive }
