-- Takes leases, all or none, and the next fence of a key. The lock of a key is taken in order of arrival.
--
-- KEYS leases, fences, waiters
-- ARGV token, lease ms, deadline, key, 'wait' or 'try' for its lock or '' for none, ticket ('' for none yet), ids of holds
--      that the caller has with commas between them, memory known ('' for none), id of a new one, lease ms of a replica, highest
--      fence that the caller knows of the key, the longest lease ms of a holder that the caller knows, names of the leases
-- Returns 'taken' and the fence; 'held', the ticket ('' for none), who waits and for how many ms a lock may be held that is
-- not known of; or 'late'.

--- @include "parts/clock"
--- @include "parts/line"
--- @include "parts/uptime"
--- @include "parts/memory"

local token, key, mode = ARGV[1], ARGV[4], ARGV[5]
local now = clock()
if now > tonumber(ARGV[3]) then return { 'late' } end
local free = true
for i = 13, #ARGV do
  local owner, stop = string.match(redis.call('HGET', KEYS[1], ARGV[i]) or '', '^(.-)|(%d+)$')
  if owner and owner ~= token and tonumber(stop) > now then free = false end
end
if mode ~= '' then
  recall(KEYS[2], now, ARGV[8], ARGV[9], tonumber(ARGV[10]), tonumber(ARGV[12]))
  local unsure = unsure_of(KEYS[2], now)
  local line = line_of(KEYS[3], now)
  local ticket = place_in(line, now, token, ARGV[6])
  for _, waiter in ipairs(line) do
    if waiter.key == key and waiter.kind == 'l' and waiter.ticket < ticket then free = false end
  end
  if not free or unsure > 0 then
    if mode == 'try' then return { 'held', '', {}, unsure } end
    local place, waiters = enlist(KEYS[3], line, now, token, ARGV[6], key, 'l', ARGV[7])
    return { 'held', place, waiters, unsure }
  end
  redis.call('HDEL', KEYS[3], token)
elseif not free then
  return { 'held', '', {}, 0 }
end
local last = math.max(tonumber(redis.call('HGET', KEYS[2], key) or '0') or 0, tonumber(ARGV[11]))
local fence = math.max(last + 1, now)
redis.call('HSET', KEYS[2], key, string.format('%.0f', fence))
if mode ~= '' then redis.call('HSET', KEYS[2], 'lock:' .. key, string.format('%.0f', fence)) end
for i = 13, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], token .. '|' .. string.format('%.0f', now + tonumber(ARGV[2])))
end
return { 'taken', fence }
