-- What must be done once in the whole cluster: somebody claims it for a while, and says when it is done.
--
-- KEYS once
-- ARGV name, token, deadline, 'claim' or 'done', lease ms of a claim, ms for which it is remembered that it was done
-- Returns 'granted', 'taken', 'done' or 'late'.

--- @include "parts/clock"

local now = clock()
local function keep(state, ms)
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%s|%s|%.0f', state, ARGV[2], now + tonumber(ms)))
end

if now > tonumber(ARGV[3]) then return 'late' end
local all = redis.call('HGETALL', KEYS[1])
local state, token
for i = 1, #all, 2 do
  local known, owner, stop = string.match(all[i + 1], '^(%l+)|([^|]*)|(%d+)$')
  if not known or tonumber(stop) <= now then
    redis.call('HDEL', KEYS[1], all[i])
  elseif all[i] == ARGV[1] then
    state, token = known, owner
  end
end
if state == 'done' then
  keep('done', ARGV[6])
  return 'done'
end
if state == 'claimed' and token ~= ARGV[2] then return 'taken' end
if ARGV[4] == 'done' then
  keep('done', ARGV[6])
  return 'done'
end
keep('claimed', ARGV[5])
return 'granted'
