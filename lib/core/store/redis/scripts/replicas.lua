-- Who is there, silent ones among them; those that are gone are dropped.
--
-- KEYS replicas
-- ARGV lease ms of the caller
-- Returns the clock, and for each its id, its state and its entry.

--- @include "parts/clock"
--- @include "parts/members"

local now = clock()
return { now, sweep(KEYS[1], now, meet(KEYS[1], now, tonumber(ARGV[1]), false)) }
