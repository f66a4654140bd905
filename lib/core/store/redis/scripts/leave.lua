-- Takes a replica off the list: one that has left, or that an operator knows to be gone. That is remembered for as long
-- as others may vouch for it.
--
-- KEYS replicas
-- ARGV replica id, channel, '1' to remove it only if it is silent
-- Returns 'gone', 'absent' or 'alive'.

--- @include "parts/clock"
--- @include "parts/server"
--- @include "parts/fields"
--- @include "parts/members"

local now = clock()
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if not entry or string.sub(entry, 1, 2) == 'x|' then return 'absent' end
if ARGV[3] == '1' and (tonumber(string.match(entry, '^(%d+)|')) or 0) > now then return 'alive' end
strike(KEYS[1], ARGV[1], now)
redis.pcall('PUBLISH', ARGV[2], 'a')
return 'gone'
