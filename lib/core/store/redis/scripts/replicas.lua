-- Who is there, silent ones among them; those that are gone are dropped.
--
-- KEYS replicas
-- ARGV lease ms of the caller, when the server that it knows was met
-- Returns the clock, and for each its id, its state and its entry.

--- @include "parts/clock"
--- @include "parts/server"
--- @include "parts/members"

local now = clock()
local met = meet(KEYS[1], now, tonumber(ARGV[1]), ARGV[2])
return { now, sweep(KEYS[1], now, met, false) }
