-- Whether it is too late for a caller. `term` is the moment by this clock after which nothing must happen, a bar, and how many
-- tenths of a second lay between at most when the caller asked: by a clock that was set back since, it would never be too late.
local function is_late(term, now)
  local stop, most = string.match(term, '^(%d+)|(%d+)$')
  return now > tonumber(stop) or tonumber(stop) - now > tonumber(most) * 100
end
