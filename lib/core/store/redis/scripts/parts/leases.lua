-- Leases: a hash of names. An entry is `token|ms|stop`: whose it is, how long it lasts unless it is prolonged, when it ends.

-- Milliseconds by which a clock that is slowed down or sped up may differ meanwhile.
local DRIFT = 1000
-- Milliseconds that this clock may be set forward by without anybody noticing (MOST_GAP in parts/members.lua): what its holder
-- prolongs is kept for so much longer than the holder trusts it.
local UNNOTICED = 2000

local function is_prolonged(name)
  return string.find(name, '^lock:') or string.find(name, '^hold:')
end

-- Is one alive: 'yes', 'perhaps', or nil; its token; and for how many ms it perhaps is. Where the clock was set, or nobody
-- looked for a while, a lease that is over by the clock may have been prolonged just before, and its holder goes by a clock
-- of its own. So nobody else gets it until it had time to prolong it again. `met`: see parts/members.lua.
local function standing(name, entry, now, met)
  local token, lasts, stop = string.match(entry or '', '^(.-)|(%d+)|(%d+)$')
  if not token then return nil end
  lasts, stop = tonumber(lasts), tonumber(stop)
  if stop > now and stop - now <= lasts + DRIFT then return 'yes', token, 0 end
  local left = met and stop > met.before and met.calm + lasts - now or 0
  if left > 0 and is_prolonged(name) then return 'perhaps', token, left end
  return nil
end

-- An entry that begins now.
local function lease_of(name, token, lasts, now)
  if is_prolonged(name) then lasts = lasts + UNNOTICED end
  return string.format('%s|%.0f|%.0f', token, lasts, now + lasts)
end
