-- The id of this store: when it was created, and random characters. Of two ids the older one is right: a replica that knows an
-- id older than the stored one has seen Redis lose it, and puts it back.
--
-- KEYS identity
-- ARGV the known id ('' if none), 22 random characters for a new one, channel on which to notify those who have a younger one
-- Returns the id, or false if there is none and none can be stored.

--- @include "parts/clock"
--- @include "parts/asked"

-- When an id was created; nil if it is invalid.
local function born(id)
  return type(id) == 'string' and tonumber(string.match(id, '^(%d+)%-[%w_-]+$'))
end

local function older(one, other)
  local a, b = born(one), born(other)
  return a < b or (a == b and one < other)
end

local known, stored = ARGV[1], asked('GET', KEYS[1])
if not born(stored) then stored = false end
if born(known) then
  if stored and not older(known, stored) then return stored end
  redis.pcall('SET', KEYS[1], known)
  if stored then redis.pcall('PUBLISH', ARGV[3], 'i') end
  return known
end
if stored then return stored end
local new = string.format('%.0f-%s', clock(), ARGV[2])
local done = redis.pcall('SET', KEYS[1], new)
return not done.err and new
