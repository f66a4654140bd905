-- Writes the document if the stored value is still the one its writer has seen, and publishes it.
--
-- KEYS state
-- ARGV expected version, document, channel, deadline
-- Returns 'written', 'conflict' or 'late', and the clock.

--- @include "clock"
--- @include "stored"

-- Longer documents are not pushed: who hears of one reads it.
local MAX_PUSH_BYTES = 65536

local now = clock()
if now > tonumber(ARGV[4]) then return { 'late', now } end
local version = stored(KEYS[1])
if version ~= ARGV[1] then return { 'conflict', now } end
redis.call('SET', KEYS[1], ARGV[2])
local news = #ARGV[2] > MAX_PUSH_BYTES and 's' or 's' .. version .. '\n' .. ARGV[2]
redis.pcall('PUBLISH', ARGV[3], news)
return { 'written', now }
