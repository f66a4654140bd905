-- Is it too late for a caller. `term` is the moment by this clock after which nothing must happen, and how many tenths of a
-- second that was off at most when it asked, with a bar between them: by a clock that was set back since it would never be
-- too late.
local function is_late(term, now)
  local stop, most = string.match(term, '^(%d+)|(%d+)$')
  return now > tonumber(stop) or tonumber(stop) - now > tonumber(most) * 100
end
