-- The listed replicas, including silent ones; those that are gone are dropped.
--
-- KEYS replicas; and records and writes if versions are given
-- ARGV lease ms of the caller, when the server that it knows was met, versions that may be on the line of this store
-- Returns the clock; id, state and entry of each replica; the version of this store, if any were given; when this server was met;
-- and for each given version 1 if it is on the line, 0 if not. Only the clock and false if none of them is.

--- @include "parts/clock"
--- @include "parts/server"
--- @include "parts/fields"
--- @include "parts/members"
--- @include "parts/records"

local now = clock()
local head = KEYS[2] and head_of(KEYS[2])
local lines, any = {}, not KEYS[2]
for i = 3, #ARGV do
  lines[i - 2] = on_line(head, KEYS[3], ARGV[i]) and 1 or 0
  any = any or lines[i - 2] == 1
end
if not any then return { now, false } end
local met = meet(KEYS[1], now, tonumber(ARGV[1]), ARGV[2], redis.pcall)
return { now, sweep(KEYS[1], now, met, false), version_of(head), whole(met.since), lines }
