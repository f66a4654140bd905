-- One exchange of a replica: its presence is recorded, its lease renewed, what it does not know yet comes back.
--
-- KEYS state, replicas, leases, and the secret for a replica that has yet to learn it
-- ARGV known version, replica id ('' for none), write id that the replica has applied ('=' for that of the known
--      version), what does not change about it ('' when it told that before), what does, lease ms, deadline, channel on
--      which to wake those who wait for acknowledgements ('' not to), a new secret in case there is none; what is not
--      needed at the end is left out
-- Returns clock, version, document or false, how the presence fared (0 not recorded, 1 recorded, 2 recorded and was not
-- there before, 3 not there before, and so needs to be told whole), names of the leases that are alive, for a presence
-- that had not been there the seconds since Redis started (-1 when it does not say), why the presence was refused or
-- false, and the secret or false.

--- @include "parts/clock"
--- @include "parts/stored"
--- @include "parts/secret"
--- @include "parts/uptime"

-- The last to apply what is stored wakes those who wait: until then they would look in vain.
local function all_applied(replicas, write, now)
  for _, entry in ipairs(redis.call('HVALS', replicas)) do
    local stop, applied = string.match(entry, '^(%d+)|%d+|([^|]*)|')
    if stop and tonumber(stop) > now and applied ~= write then return false end
  end
  return true
end

local now = clock()
local version, readable, write = stored(KEYS[1])

-- An entry is the end of its lease, when it was made, the write that was applied, what does not change, a line feed and
-- what does.
local present = 0
local up = -1
local refused = false
if ARGV[2] ~= '' and now <= tonumber(ARGV[7]) then
  local facts = ARGV[4]
  if facts == '' then
    local entry = redis.pcall('HGET', KEYS[2], ARGV[2])
    facts = string.match(type(entry) == 'string' and entry or '', '^%d+|%d+|[^|]*|([^\n]*)\n')
  end
  if facts then
    local applied = ARGV[3] == '=' and string.match(ARGV[1], '^[%w_-]*') or ARGV[3]
    local entry = (now + tonumber(ARGV[6])) .. '|' .. now .. '|' .. applied .. '|' .. facts .. '\n' .. ARGV[5]
    local done = redis.pcall('HSET', KEYS[2], ARGV[2], entry)
    if type(done) == 'number' then
      present = 1 + done
      if done == 1 then up = uptime() end
      local wakes = ARGV[8] and ARGV[8] ~= ''
      if wakes and all_applied(KEYS[2], write, now) then redis.pcall('PUBLISH', ARGV[8], 'a') end
    else
      refused = done.err
    end
  else
    present = 3
  end
end

local document = false
if readable and version ~= ARGV[1] then document = redis.call('GET', KEYS[1]) end

local alive = {}
local leases = redis.pcall('HGETALL', KEYS[3])
for i = 1, leases.err and 0 or #leases, 2 do
  if tonumber(string.match(leases[i + 1], '|(%d+)$') or '0') > now then
    alive[#alive + 1] = leases[i]
  else
    redis.pcall('HDEL', KEYS[3], leases[i])
  end
end

local known = KEYS[4] and secret(KEYS[4], present > 0 and ARGV[9]) or false
return { now, version, document, present, alive, up, refused, known }
