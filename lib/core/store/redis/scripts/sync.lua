-- One exchange of a replica: its presence is recorded, its lease renewed, what it does not know yet comes back.
--
-- KEYS state, replicas, leases
-- ARGV known version, replica id ('' for none), presence after its write id and a bar, lease ms, channel,
--      '1' to wake those who wait for acknowledgements, deadline
-- Returns clock, version, document or false, 1 when the presence was recorded and 2 when it had not been there, names
-- and ends of all leases, and for a presence that had not been there the seconds since Redis started (-1 when it does
-- not say).

--- @include "clock"
--- @include "stored"

-- The last to apply what is stored wakes those who wait: until then they would look in vain.
local function all_applied(replicas, version, now)
  local write = string.sub(version, HEADER_LENGTH - 22, HEADER_LENGTH - 1)
  for _, entry in ipairs(redis.call('HVALS', replicas)) do
    local stop, applied = string.match(entry, '^(%d+)|%d+|([^|]*)|')
    if stop and tonumber(stop) > now and applied ~= write then return false end
  end
  return true
end

local function uptime()
  local info = redis.pcall('INFO', 'server')
  return tonumber(type(info) == 'string' and string.match(info, 'uptime_in_seconds:(%d+)') or '-1')
end

local now = clock()
local present = 0
local up = -1
local version, readable = stored(KEYS[1])
if ARGV[2] ~= '' and now <= tonumber(ARGV[7]) then
  local entry = (now + tonumber(ARGV[4])) .. '|' .. now .. '|' .. ARGV[3]
  local done = redis.pcall('HSET', KEYS[2], ARGV[2], entry)
  if type(done) == 'number' then
    present = 1 + done
    if done == 1 then up = uptime() end
    if ARGV[6] == '1' and all_applied(KEYS[2], version, now) then redis.pcall('PUBLISH', ARGV[5], 'a') end
  end
end
local document = false
if readable and version ~= ARGV[1] then document = redis.call('GET', KEYS[1]) end
local leases = redis.pcall('HGETALL', KEYS[3])
if leases.err then leases = {} end
return { now, version, document, present, leases, up }
