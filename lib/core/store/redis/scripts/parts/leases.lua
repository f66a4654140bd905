-- Leases: a hash by name. An entry is `token|ms|stop`: whose it is, how long it lasts unless it is renewed, when it ends.

-- Milliseconds by which a clock that is slowed down or sped up may differ in that time.
local DRIFT = 1000
-- Milliseconds by which this clock may be set forward without anybody noticing (MOST_GAP in parts/members.lua): leases that their
-- holder renews are kept for that much longer than the holder trusts them.
local UNNOTICED = 2000

local function is_prolonged(name)
  return string.find(name, '^lock:') or string.find(name, '^hold:')
end

-- Whether a lease is alive: 'yes', 'perhaps' or nil; its token; and for how many ms it perhaps is. If the clock was set, or nobody
-- looked for a while, a lease that is over by the clock may have been renewed just before, and its holder goes by a clock of its
-- own. So nobody else gets it until the holder has had time to renew it again. `met`: see parts/members.lua.
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
