-- Lets others see that somebody waits for a key to be open.
--
-- KEYS waiters
-- ARGV token, deadline, key, ticket ('' for none yet), ids of holds that the caller has with commas between them
-- Returns 'held', the ticket and who waits, or 'late'.

--- @include "parts/clock"
--- @include "parts/line"

local now = clock()
if now > tonumber(ARGV[2]) then return { 'late' } end
local line = line_of(KEYS[1], now)
local ticket, waiters = enlist(KEYS[1], line, now, ARGV[1], ARGV[4], ARGV[3], 'o', ARGV[5])
return { 'held', ticket, waiters, 0 }
