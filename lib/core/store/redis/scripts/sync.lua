-- One exchange of a replica: its presence is recorded, its lease renewed, what it does not know yet comes back.
--
-- KEYS state, replicas, leases, and the secret for a replica that has yet to learn it
-- ARGV known version, replica id ('' for none), write id that the replica has applied ('=' for that of the known
--      version), what does not change about it ('' when it told that before), what does, lease ms, deadline, the known
--      roster (see meet), channel on which to wake those who wait for acknowledgements ('' not to), a new secret in case
--      there is none; what is not needed at the end is left out
-- Returns clock, version, document or false, how the presence fared (0 not recorded, 1 recorded, 2 recorded and was not
-- there before, 3 not there before, and so needs to be told whole), names of the leases that are alive, since when this
-- server has been looked at without a gap (0 for long), the roster (when this server was met, a dot, a number) and the
-- facts of its members, each false when it is the known one, why the presence was refused or false, and the secret or
-- false.

--- @include "parts/clock"
--- @include "parts/term"
--- @include "parts/stored"
--- @include "parts/secret"
--- @include "parts/server"
--- @include "parts/members"
--- @include "parts/leases"

-- The last to apply what is stored wakes those who wait: until then they would find nothing new.
local function all_applied(replicas, write, now)
  for _, entry in ipairs(redis.call('HVALS', replicas)) do
    local stop, applied = string.match(entry, '^(%d+)|%d+|([^|]*)|')
    if stop and tonumber(stop) > now and applied ~= write then return false end
  end
  return true
end

-- Facts of all who are listed.
local function facts_of_all(replicas)
  local found = {}
  local entries = redis.pcall('HVALS', replicas)
  for _, entry in ipairs(entries.err and {} or entries) do
    found[#found + 1] = string.match(entry, '^%d+|%d+|[^|]*|%d+|%d+|([^\n]*)\n')
  end
  return found
end

local now = clock()
local lease, channel = tonumber(ARGV[6]), ARGV[9] or ''
local version, readable, write = stored(KEYS[1])

local noted = field_of(KEYS[2], ':met')

local present = 0
local refused = false
local facts = false
local before = false
local lost = false
if ARGV[2] ~= '' and not is_late(ARGV[7], now) then
  before = field_of(KEYS[2], ARGV[2])
  facts = ARGV[4]
  if facts == '' then facts = before and string.match(before, '^%d+|%d+|[^|]*|%d+|%d+|([^\n]*)\n') end
  if not facts then
    present = 3
    lost = not before
  elseif channel ~= '' and not noted and redis.call('EXISTS', KEYS[2]) == 0 then
    -- nothing is known here of those who listen all the same
    lost = listeners(channel) > listeners(channel_of(facts))
  end
end
local met = look(noted, now, lease, ARGV[8], lost, facts)
if facts then
  local open = met.named and listeners(channel_of(facts)) > 0 and met.since or 0
  local applied = ARGV[3] == '=' and string.match(ARGV[1], '^[%w_-]*') or ARGV[3]
  local entry = { whole(now + lease), whole(now), applied, whole(open), '0', facts .. '\n' .. ARGV[5] }
  local done = redis.pcall('HSET', KEYS[2], ARGV[2], table.concat(entry, '|'), ':met', met.note)
  if type(done) == 'number' then
    present = before and 1 or 2
    if not before or string.sub(before, 1, 2) == 'x|' then redis.call('HINCRBY', KEYS[2], ':roster', 1) end
    if channel ~= '' and all_applied(KEYS[2], write, now) then redis.pcall('PUBLISH', channel, 'a') end
    if met.due then sweep(KEYS[2], now, met, true) end
  else
    refused = done.err
  end
else
  redis.pcall('HSET', KEYS[2], ':met', met.note)
end

local document = false
if readable and version ~= ARGV[1] then document = redis.call('GET', KEYS[1]) end

local alive = {}
local leases = redis.pcall('HGETALL', KEYS[3])
for i = 1, leases.err and 0 or #leases, 2 do
  if standing(leases[i], leases[i + 1], now, met) then
    alive[#alive + 1] = leases[i]
  else
    redis.pcall('HDEL', KEYS[3], leases[i])
  end
end

local roster = whole(met.since) .. '.' .. (field_of(KEYS[2], ':roster') or '0')
local news = roster ~= string.match(ARGV[8], '[%d.]*$') and roster
local calm = now - met.calm < REMEMBERED and met.calm or 0
local known = KEYS[4] and secret(KEYS[4], present > 0 and ARGV[10]) or false
return { now, version, document, present, alive, calm, news, news and facts_of_all(KEYS[2]), refused, known }
