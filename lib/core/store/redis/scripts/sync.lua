-- One exchange of a replica: records its presence, renews its lease, returns what it does not know yet.
--
-- KEYS records, replicas, leases; and order, writes, applied if something may have changed; the secret for a replica that has
-- not read it yet; and fences for one that knows nothing
-- ARGV version that the replica is at, replica id ('' if none), its constant facts ('' if it has reported them before),
--      its figures, lease ms and a bar and the mark of the known leases, deadline, the known roster (see look), channel on which
--      to wake those who wait for acknowledgements ('' not to), '1' to wake them in any case, page to return ('' for the first),
--      version that the first page was of, a new secret in case there is none; what is not needed at the end is left out
-- Returns clock, version (false if it is the known one), which records are returned ('same', 'some' since the known version,
-- 'all', 'none' if they cannot be read, 'more' if it takes the other keys to decide), names and records in turn, the next page or
-- false, what became of the presence (0 not recorded, 1 recorded, 2 recorded and was not there before, 3 not there before, so that
-- it must be reported in full), names of the leases that are alive (false if they are the known ones) and their mark, since when
-- this server has been looked at without a gap (0 if for long), the roster (when this server was met, a dot, a number) and the
-- facts of its members, each false if it is the known one, why the presence was refused or false, the secret or false, and for
-- how many ms an empty store may have lost what others know.

--- @include "parts/clock"
--- @include "parts/term"
--- @include "parts/asked"
--- @include "parts/records"
--- @include "parts/secret"
--- @include "parts/server"
--- @include "parts/fields"
--- @include "parts/applied"
--- @include "parts/members"
--- @include "parts/leases"
--- @include "parts/memory"
--- @include "parts/pages"

-- The number of listed replicas, including silent ones.
local function listed(replicas)
  local count = 0
  for _, entry in ipairs(asked('HVALS', replicas) or {}) do
    if string.match(entry, '^%d+|%d+|') then count = count + 1 end
  end
  return count
end

-- The facts of all listed replicas.
local function facts_of_all(replicas)
  local found = {}
  for _, entry in ipairs(asked('HVALS', replicas) or {}) do
    found[#found + 1] = string.match(entry, '^%d+|%d+|[^|]*|%d+|%d+|([^\n]*)\n')
  end
  return found
end

local now = clock()
local lease, seen_leases = string.match(ARGV[5], '^(%d+)|?(%w*)$')
lease = tonumber(lease)
local channel = ARGV[8] or ''
local head, problem = head_of(KEYS[1])
local since = on_line(head, KEYS[5], ARGV[1])

local noted = field_of(KEYS[2], ':met')

local present = 0
local refused = false
local facts = false
local before = false
local lost = false
if ARGV[2] ~= '' and not is_late(ARGV[6], now) then
  before = field_of(KEYS[2], ARGV[2])
  facts = ARGV[3]
  if facts == '' then facts = before and string.match(before, '^%d+|%d+|[^|]*|%d+|%d+|([^\n]*)\n') end
  if not facts then
    present = 3
    lost = not before
  elseif channel ~= '' and not noted and redis.call('EXISTS', KEYS[2]) == 0 then
    -- nothing is known here of replicas that are listening all the same
    lost = listeners(channel) > listeners(channel_of(facts))
  end
end
local met = look(noted, now, lease, ARGV[7], lost, facts)
if facts and number_of(before) > number_of('\n' .. ARGV[4]) then
  -- it is listed, by a later report
  present = 1
  redis.pcall('HSET', KEYS[2], ':met', met.note)
elseif facts then
  local open = met.named and listeners(channel_of(facts)) > 0 and met.since or 0
  -- what is not on the line of this store was not applied
  local applied = since and ARGV[1] or ''
  local entry = { whole(now + lease), whole(now), applied, whole(open), '0', facts .. '\n' .. ARGV[4] }
  -- one that is not counted would not be remembered by others
  local done = (not before or string.sub(before, 1, 2) == 'x|') and count_change(KEYS[2]) or 1
  if type(done) == 'number' then
    done = redis.pcall('HSET', KEYS[2], ARGV[2], table.concat(entry, '|'), ':met', met.note)
  end
  if type(done) == 'number' then
    present = before and 1 or 2
    if channel ~= '' then report(KEYS[6], KEYS[2], ARGV[2], since or 0, now, channel, ARGV[9] == '1') end
    if met.due then sweep(KEYS[2], now, met, true) end
  else
    refused = done.err
  end
else
  redis.pcall('HSET', KEYS[2], ':met', met.note)
end

local kind, found, next_page = 'same', {}, false
if problem then
  kind = 'none'
elseif head then
  local count = redis.call('HLEN', KEYS[1]) - 1
  if not KEYS[4] then
    if since ~= head.revision or count ~= head.count then kind = 'more' end
  elseif count ~= head.count or asked('ZCARD', KEYS[4]) ~= count then
    if not refused and present > 0 then repair(KEYS[1], KEYS[4], KEYS[5], head, now) end
    since = nil
  end
  local page = tonumber(ARGV[10] or '')
  if page and version_of(head) ~= ARGV[11] and not on_line(head, KEYS[5], ARGV[11]) then page = nil end
  if KEYS[4] and since ~= head.revision then
    kind = since and 'some' or 'all'
    found, next_page = page_after(KEYS[1], KEYS[4], page or since or 0)
  end
elseif ARGV[1] ~= '' then
  kind = 'all'
end

local alive = {}
local leases = asked('HGETALL', KEYS[3]) or {}
for i = 1, #leases, 2 do
  if string.sub(leases[i], 1, 1) == ':' then
    -- not a lease but the memory that the leases belong to
  elseif standing(leases[i], leases[i + 1], now, met) then
    alive[#alive + 1] = leases[i]
  else
    redis.pcall('HDEL', KEYS[3], leases[i])
  end
end

table.sort(alive)
local leases_mark = #alive > 0 and string.sub(redis.sha1hex(table.concat(alive, '\n')), 1, 8) or ''

-- An empty store that lost its memory recently says nothing to a replica that knows nothing: one that remembers has come back, or
-- is listening again and has not reported anything yet, or the records alone are missing.
local empty_for = 0
if KEYS[8] and kind == 'all' and not head then
  local _, _, stop, remembered = memory_of(KEYS[8])
  if remembered == '!' then
    empty_for = math.max(0, math.min(tonumber(stop) - now, 60000))
  elseif now - met.since < lease and listeners(channel) > listed(KEYS[2]) then
    empty_for = met.since + lease - now
  else
    empty_for = records_lost_for(KEYS[4], KEYS[5], now, lease)
  end
end

local roster = whole(met.since) .. '.' .. (string.match(field_of(KEYS[2], ':roster') or '', '^%d+$') or '0')
local news = roster ~= string.match(ARGV[7], '[%d.]*$') and roster
local calm = now - met.calm < REMEMBERED and met.calm or 0
local known = KEYS[7] and secret(KEYS[7], present > 0 and ARGV[12]) or false
return {
  now,
  kind ~= 'same' and (problem or version_of(head)),
  kind,
  found,
  next_page,
  present,
  leases_mark ~= seen_leases and alive,
  leases_mark,
  calm,
  news,
  news and facts_of_all(KEYS[2]),
  refused,
  known,
  empty_for,
}
