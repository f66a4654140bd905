-- The listed replicas, including silent ones; those that are gone are dropped.
--
-- KEYS replicas; and records and writes if a version is given
-- ARGV lease ms of the caller, when the server that it knows was met, a version that must be on the line of this store
-- Returns the clock; id, state and entry of each replica; the version of this store, if one was given; and when this server was
-- met. Only the clock and false if that version is not on the line.

--- @include "parts/clock"
--- @include "parts/server"
--- @include "parts/members"
--- @include "parts/records"

local now = clock()
local head = KEYS[2] and head_of(KEYS[2])
if KEYS[2] and not on_line(head, KEYS[3], ARGV[3]) then return { now, false } end
local met = meet(KEYS[1], now, tonumber(ARGV[1]), ARGV[2], redis.pcall)
return { now, sweep(KEYS[1], now, met, false), version_of(head), whole(met.since) }
