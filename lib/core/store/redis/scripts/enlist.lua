-- Lets others see that somebody waits for a key to be open.
--
-- KEYS waiters, replicas
-- ARGV token, deadline, key, ticket ('' for none yet), ids of holds that the caller has with commas between them, lease ms of a
--      replica, when the server that it knows was met
-- Returns 'held', the ticket and who waits, or 'late' and the clock.

--- @include "parts/clock"
--- @include "parts/term"
--- @include "parts/server"
--- @include "parts/members"
--- @include "parts/line"

local now = clock()
if is_late(ARGV[2], now) then return { 'late', now } end
local line = line_of(KEYS[1], now, meet(KEYS[2], now, tonumber(ARGV[6]), ARGV[7], redis.call).calm)
local ticket, waiters = enlist(KEYS[1], line, now, ARGV[1], ARGV[4], ARGV[3], 'o', ARGV[5])
return { 'held', ticket, waiters, 0 }
