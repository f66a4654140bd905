-- The keys that applications have published.
--
-- KEYS catalogue
-- Returns the clock, and the name and the entry of each key: when it was published, '|', JSON.

--- @include "parts/clock"

local kind = redis.call('TYPE', KEYS[1]).ok
return { clock(), kind == 'hash' and redis.call('HGETALL', KEYS[1]) or {} }
