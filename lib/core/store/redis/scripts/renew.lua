-- Renews leases, all or none. Those that Redis has lost are taken again, with the fence that was granted with them, unless
-- somebody else has had the lock since; but not before the hold that the lock was taken for is stored again.
--
-- KEYS leases, fences, records
-- ARGV token, lease ms, deadline, key, fence, '1' if the hold was stored, names of the leases
-- Returns 1 if all are the caller's, 0 if one is lost, 2 if the hold is not stored yet, or 'late' and the clock.

--- @include "parts/clock"
--- @include "parts/term"
--- @include "parts/leases"

local now = clock()
if is_late(ARGV[3], now) then return { 'late', now } end
local fence = tonumber(ARGV[5])
local lock = 'lock:' .. ARGV[4]
local last = tonumber(redis.call('HGET', KEYS[2], lock) or '0') or 0
local locks, lost = false, false
for i = 7, #ARGV do
  local alive, token = standing(ARGV[i], redis.call('HGET', KEYS[1], ARGV[i]), now, nil)
  if alive and token ~= ARGV[1] then
    -- if it was granted before, its holder had left it by then: this server has older data
    if ARGV[i] ~= lock or last == 0 or last >= fence then return 0 end
    token = nil
  end
  if ARGV[i] == lock then
    locks = true
    lost = not token
  end
end
if locks then
  if last > fence then return 0 end
  if lost and ARGV[6] == '1' then
    local record = redis.pcall('HGET', KEYS[3], ARGV[4])
    local stored = type(record) == 'string' and string.find(record, '"id":"' .. ARGV[1] .. '"', 1, true)
    if not stored then return 2 end
  end
  if last < fence then redis.call('HSET', KEYS[2], lock, ARGV[5]) end
end
if (tonumber(redis.call('HGET', KEYS[2], ARGV[4]) or '0') or 0) < fence then
  redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
end
for i = 7, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], lease_of(ARGV[i], ARGV[1], tonumber(ARGV[2]), now))
end
return 1
