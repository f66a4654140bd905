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

-- Milliseconds between two looks at all that is remembered, for what is over. It may be much: windows of a month.
local SWEEP = 3600000
local SWEPT = ':swept'

local now = clock()
if is_late(ARGV[3], now) then return { 'late', now } end
local met = meet(KEYS[2], now, tonumber(ARGV[7]), ARGV[8], redis.call)
local function keep(state, ms)
  local entry = string.format('%s|%s|%.0f|%.0f', state, ARGV[2], ms, now + ms)
  redis.call('HSET', KEYS[1], ARGV[1], entry)
end

-- What an entry says, as long as it counts.
local function standing(entry)
  local state, token, ms, stop = string.match(entry or '', '^(%l+)|([^|]*)|(%d+)|(%d+)$')
  ms, stop = tonumber(ms), tonumber(stop or 0)
  -- a claim that has ended only because the clock was set may still be at work
  if ms and ((stop <= now and stop > met.before) or stop - now > ms) then stop = met.calm + ms end
  if stop > now then return state, token end
end

local swept = tonumber(redis.call('HGET', KEYS[1], SWEPT) or '0') or 0
if math.abs(now - swept) >= SWEEP then
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    if not standing(all[i + 1]) then redis.call('HDEL', KEYS[1], all[i]) end
  end
  redis.call('HSET', KEYS[1], SWEPT, string.format('%.0f', now))
end
local state, token = standing(redis.call('HGET', KEYS[1], ARGV[1]))
if state == 'done' or (ARGV[4] == 'done' and (not state or token == ARGV[2])) then
  keep('done', tonumber(ARGV[6]))
  return 'done'
end
if state == 'claimed' and token ~= ARGV[2] then return 'taken' end
keep('claimed', tonumber(ARGV[5]))
return 'granted'
