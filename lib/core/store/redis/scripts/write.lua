-- Writes the document if the stored value is still the one its writer has seen, and publishes it.
--
-- KEYS state, secret, history
-- ARGV expected version, document, channel, deadline, a new secret in case there is none, how many entries of the history are
--      kept, and for each new one its text, revision and time
-- Returns 'written', 'conflict' or 'late', and the clock.

--- @include "parts/clock"
--- @include "parts/term"
--- @include "parts/stored"
--- @include "parts/secret"
--- @include "parts/history"

-- Longer documents are not pushed, only announced: replicas read them.
local MAX_PUSH_BYTES = 65536

local now = clock()
if is_late(ARGV[4], now) then return { 'late', now } end
local version = stored(KEYS[1])
if version ~= ARGV[1] then return { 'conflict', now } end
for i = 7, #ARGV, 3 do remember(KEYS[3], ARGV[6], ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
redis.call('SET', KEYS[1], ARGV[2])

-- 's', and for those who know the secret a signature, the version before, a line feed and the document
local news = 's'
local known = #ARGV[2] <= MAX_PUSH_BYTES and secret(KEYS[2], ARGV[5])
if known then
  local text = version .. '\n' .. ARGV[2]
  news = news .. sign(known, text) .. text
end
redis.pcall('PUBLISH', ARGV[3], news)
return { 'written', now }
