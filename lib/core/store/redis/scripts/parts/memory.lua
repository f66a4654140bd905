-- What tells a store that has lost its memory from one that never had any: a mark beside the fences, which nobody removes.
-- It contains an id; when it was created, or when a server was met that has it from before; and until when locks may be held that
-- the store does not know of; with an exclamation mark if somebody who remembers has come back, or may come back.

local MEMORY = ':memory'

-- If the key holds something else, no locks are granted, but the state can still be read.
local function are_fences(fences)
  local kind = redis.call('TYPE', fences).ok
  return kind == 'hash' or kind == 'none'
end

local function memory_of(fences)
  if not are_fences(fences) then return nil end
  return string.match(redis.call('HGET', fences, MEMORY) or '', '^([^|]+)|(%d+)|(%d+)(!?)$')
end

-- Milliseconds for which unknown locks may be held. If the clock was set (`met`: see parts/members.lua), the longest possible time
-- counts from then: `lease` ms if somebody remembers more, otherwise the `back` ms within which such replicas return. The end of
-- that time is recorded.
local function unsure_of(fences, now, met, back, lease)
  local own, made, stop, lost = memory_of(fences)
  made, stop = tonumber(made), tonumber(stop or 0)
  if stop == 0 then return 0 end
  local most = lost == '!' and math.max(lease, back) or back
  local over = stop <= now and (stop <= met.before or met.calm <= made)
  if stop - now > most or (stop <= now and not over) then stop = met.calm + most end
  if stop > now then return stop - now end
  redis.call('HSET', fences, MEMORY, string.format('%s|%.0f|0', own, made))
  return 0
end

-- Leases belong to a memory, too: if they belong to another one, or to none, some are missing. Redis may evict this one key, or
-- somebody may delete it, while the others stay.
local function miss_leases(fences, leases, now, lease)
  local own, made, stop = memory_of(fences)
  if not own or redis.call('HGET', leases, MEMORY) == own then return end
  local granted = false
  for _, name in ipairs(redis.call('HKEYS', fences)) do
    granted = granted or string.sub(name, 1, 5) == 'lock:'
  end
  if granted then
    stop = math.max(tonumber(stop), now + lease)
    redis.call('HSET', fences, MEMORY, string.format('%s|%s|%.0f!', own, made, stop))
  end
  redis.call('HSET', leases, MEMORY, own)
end

-- A server that was started again, or that has taken over from another, may have lost the locks of the last moments, with everything
-- that was stored after them: for as long as their holders may keep them, only those get a lock. `met`: see parts/members.lua.
local function miss_locks(fences, met, lease)
  local own, made, stop = memory_of(fences)
  if not own or tonumber(made) >= met.since then return end
  stop = math.max(tonumber(stop), met.since + lease)
  redis.call('HSET', fences, MEMORY, string.format('%s|%.0f|%.0f!', own, met.since, stop))
end

-- The id of the mark, which is created if there is none. A caller that knew another one proves a loss: those who held a lock at that
-- time may keep it for `lease` ms. Without such a caller, processes from before Redis started return within `back` ms and know more.
local function recall(fences, now, known, id, back, lease)
  if not are_fences(fences) then return known end
  local own, made, stop, lost = memory_of(fences)
  if own and (known == '' or known == own) then return own end
  own, made, stop = own or id, tonumber(made or now), tonumber(stop or 0)
  if known ~= '' then
    stop, lost = math.max(stop, made + lease), '!'
  else
    local up = uptime()
    if up >= 0 then stop = math.max(stop, now + math.max(0, back - up * 1000)) end
  end
  redis.call('HSET', fences, MEMORY, string.format('%s|%.0f|%.0f%s', own, made, stop, lost or ''))
  return own
end
