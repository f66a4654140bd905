-- Adds an entry that is no change of a record to the history, unless one of the last entries has the same id.
--
-- KEYS history
-- ARGV deadline, id, how many entries are kept, text, revision, time
-- Returns 'noted', 'known', or 'late' and the clock.

--- @include "parts/clock"
--- @include "parts/term"
--- @include "parts/history"

local LOOKED_AT = 200

local now = clock()
if is_late(ARGV[1], now) then return { 'late', now } end
local mark = '"id":"' .. ARGV[2] .. '"'
if redis.call('TYPE', KEYS[1]).ok == 'stream' then
  for _, entry in ipairs(redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', LOOKED_AT)) do
    for _, field in ipairs(entry[2]) do
      if string.find(field, mark, 1, true) then return 'known' end
    end
  end
end
remember(KEYS[1], ARGV[3], ARGV[4], ARGV[5], ARGV[6])
return 'noted'
