-- What must be done once in the whole cluster: a process claims it for a while, and reports when it is done.
--
-- KEYS once, replicas
-- ARGV name, token, deadline, 'claim' or 'done', lease ms of a claim, ms for which it is remembered that it was done, lease ms
--      of a replica, when the server that it knows was met
-- Returns 'granted', 'taken', 'done', or 'late' and the clock.

--- @include "parts/clock"
--- @include "parts/term"
--- @include "parts/server"
--- @include "parts/fields"
--- @include "parts/members"

local now = clock()
if is_late(ARGV[3], now) then return { 'late', now } end
local met = meet(KEYS[2], now, tonumber(ARGV[7]), ARGV[8], redis.call)
local function keep(state, ms)
  local entry = string.format('%s|%s|%.0f|%.0f', state, ARGV[2], ms, now + ms)
  redis.call('HSET', KEYS[1], ARGV[1], entry)
end

local all = redis.call('HGETALL', KEYS[1])
local state, token
for i = 1, #all, 2 do
  local known, owner, ms, stop = string.match(all[i + 1], '^(%l+)|([^|]*)|(%d+)|(%d+)$')
  ms, stop = tonumber(ms), tonumber(stop or 0)
  -- a claim that has ended only because the clock was set may still be at work
  if ms and ((stop <= now and stop > met.before) or stop - now > ms) then stop = met.calm + ms end
  if not known or stop <= now then
    redis.call('HDEL', KEYS[1], all[i])
  elseif all[i] == ARGV[1] then
    state, token = known, owner
  end
end
if state == 'done' or (ARGV[4] == 'done' and (not state or token == ARGV[2])) then
  keep('done', tonumber(ARGV[6]))
  return 'done'
end
if state == 'claimed' and token ~= ARGV[2] then return 'taken' end
keep('claimed', tonumber(ARGV[5]))
return 'granted'
