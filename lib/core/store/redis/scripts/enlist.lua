-- Lets others see that a caller waits for a key to open.
--
-- KEYS waiters, replicas
-- ARGV token, deadline, key, ticket ('' if the caller has none yet), ids of the caller's holds separated by commas, lease ms of
--      a replica, when the server that it knows was met
-- Returns 'held', the ticket and the waiting callers; or 'late' and the clock.

--- @include "parts/clock"
--- @include "parts/term"
--- @include "parts/server"
--- @include "parts/fields"
--- @include "parts/members"
--- @include "parts/line"

local now = clock()
if is_late(ARGV[2], now) then return { 'late', now } end
local line = line_of(KEYS[1], now, meet(KEYS[2], now, tonumber(ARGV[6]), ARGV[7], redis.call).calm)
local ticket, waiters = enlist(KEYS[1], line, now, ARGV[1], ARGV[4], ARGV[3], 'o', ARGV[5])
return { 'held', ticket, waiters, 0 }
