-- What applications have published of their keys.
--
-- KEYS catalogue
-- Returns the clock, and for each its name and its entry: when it was published, '|', JSON.

--- @include "parts/clock"

local kind = redis.call('TYPE', KEYS[1]).ok
return { clock(), kind == 'hash' and redis.call('HGETALL', KEYS[1]) or {} }
