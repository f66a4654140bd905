-- The waiting callers: a hash by token. An entry is its end, its ticket, the key, 'o' if it waits for the key to open or 'l' for its
-- lock, and the ids of the caller's holds separated by commas.

-- Milliseconds for which a waiting caller is remembered; it asks again well before.
local WAIT_LEASE = 2000

-- All waiting callers. One that stops asking is forgotten, but not after the clock was set: those who still wait ask again.
-- `calm`: see parts/members.lua.
local function line_of(waiters, now, calm)
  local line = {}
  local all = redis.call('HGETALL', waiters)
  for i = 1, #all, 2 do
    local stop, ticket, key, kind, held = string.match(all[i + 1], '^(%d+)|(%d+)|([^|]*)|(%l)|(.*)$')
    local left = tonumber(stop or now) - now
    if stop and ((left > 0 and left <= WAIT_LEASE) or now - calm < WAIT_LEASE) then
      line[#line + 1] = { token = all[i], ticket = tonumber(ticket), key = key, kind = kind, held = held }
    else
      redis.call('HDEL', waiters, all[i])
    end
  end
  return line
end

-- A caller's ticket: the one it had, or the last one.
local function place_in(line, now, token, ticket)
  local last = now
  for _, waiter in ipairs(line) do
    if waiter.token == token then return waiter.ticket end
    if waiter.ticket >= last then last = waiter.ticket + 1 end
  end
  return tonumber(ticket) or last
end

-- Records a waiting caller; returns its ticket, and all waiting callers as a list of token, ticket, key, kind, held.
local function enlist(waiters, line, now, token, ticket, key, kind, held)
  ticket = place_in(line, now, token, ticket)
  local mark = string.format('%.0f|%.0f|', now + WAIT_LEASE, ticket)
  redis.call('HSET', waiters, token, mark .. key .. '|' .. kind .. '|' .. held)
  local all = { token, string.format('%.0f', ticket), key, kind, held }
  for _, waiter in ipairs(line) do
    if waiter.token ~= token then
      all[#all + 1] = waiter.token
      all[#all + 1] = string.format('%.0f', waiter.ticket)
      all[#all + 1] = waiter.key
      all[#all + 1] = waiter.kind
      all[#all + 1] = waiter.held
    end
  end
  return string.format('%.0f', ticket), all
end
