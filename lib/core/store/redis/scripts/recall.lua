-- Checks whether Redis has lost its memory since the caller last asked.
--
-- KEYS fences
-- ARGV the known memory ('' if none), id of a new one, lease ms of a replica, lease ms of a lock
-- Returns the id of the memory.

--- @include "parts/clock"
--- @include "parts/server"
--- @include "parts/memory"

return recall(KEYS[1], clock(), ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]))
