-- Who is there. The hash of replicas has an entry for each: `stop|seen|write|open|closed|facts\nfigures`.
--   stop    when its lease ends; after that it is silent, which does not mean that it is gone
--   seen    when it last reported
--   write   what it has applied
--   open    it listened to its own channel as it told: when this server was met, so that it counts here only; else 0
--   closed  since when nobody listens to that channel; 0 while somebody does
--   facts   what does not change while it lives, as JSON: `lease` and `presumedDead` in ms, `channel`
--   figures what does
-- `x|until` stands for one that has left, was forgotten or is gone, so that nobody vouches for it. A replica's own channel
-- is one that only its process listens to, for as long as it has its connection, however blocked, stopped or cut off it is.
--
-- Beside them `:met` says which server was met with this data and when (`r|run|since|last|calm|before|swept`), when somebody
-- last looked, since when looks have come without a gap, when the last one before that gap was, and when somebody last swept;
-- `:roster` counts the changes of who is there.

-- Milliseconds of silence after which one that does not say otherwise is presumed dead, and for which it is remembered
-- that somebody is gone.
local PRESUMED_DEAD = 60000
local REMEMBERED = 600000
-- Milliseconds between two looks past which nobody knows what happened: more than a heartbeat, less than a lease.
local MOST_GAP = 2000
-- Milliseconds within which gaps are taken for one.
local ONE_GAP = 60000
-- Milliseconds between two sweeps by any replicas.
local SWEEP = 1000

local function whole(number)
  return string.format('%.0f', number)
end

-- A field of the hash of replicas; nil also where something else is in its place.
local function field_of(replicas, name)
  local value = redis.pcall('HGET', replicas, name)
  return type(value) == 'string' and value or nil
end

-- How many listen to a channel; in a cluster those on this node.
local function listeners(channel)
  if not channel then return 0 end
  for _, question in ipairs({ 'NUMSUB', 'SHARDNUMSUB' }) do
    local answer = redis.pcall('PUBSUB', question, channel)
    local count = type(answer) == 'table' and not answer.err and tonumber(answer[2]) or 0
    if count > 0 then return count end
  end
  return 0
end

-- A replica's own channel, as its facts name it.
local function channel_of(facts)
  return string.match(facts, '"channel":"([^"\\]+)"')
end

-- What is known of the server itself. One that was restarted, has taken over from another or has lost its data is met
-- anew: it does not know whose connection is closed. Gaps are what nobody can tell apart: it stood still, its clock was
-- set forward, nobody looked. `lease` is the caller's, who looks several times in it. `seen` begins with the moment at which the
-- caller's server was met: it need not be asked who it is as long as that is the one that is noted, and the caller has been
-- connected to it since. One of all asks each second all the same, who sweeps: a proxy may have put another behind open
-- connections. `noted` is what stands in `:met`, `note` what is to stand there.
local function look(noted, now, lease, seen, lost, sweeps)
  local known, since, last, calm, before, swept =
    string.match(noted or '', '^r|([^|]*)|(%d+)|(%d+)|(%d+)|(%d+)|(%d+)$')
  local due = sweeps and math.abs(now - tonumber(swept or 0)) >= SWEEP
  since, last, calm, before = tonumber(since), tonumber(last), tonumber(calm), tonumber(before)
  local info, run
  if due or not since or tonumber(string.match(seen, '^%d+')) ~= since then
    info = server_info()
    run = string.match(info, 'run_id:(%w+)')
  elseif known ~= '' then
    run = known
  end
  if lost or (run and known and known ~= '' and known ~= run) then
    since = now
  elseif not since then
    -- the caller has met this server before: it has lost its data since
    since = string.match(seen, '^%??%d') and now or now - math.max(0, uptime(info)) * 1000
  end
  if not last then
    calm, before = since, now
  elseif now < last or now - last > math.min(MOST_GAP, lease * 2 / 3) then
    before = math.abs(last - calm) > ONE_GAP and last or math.min(last, before)
    calm = now
  end
  local note = { 'r', run or known or '', whole(since), whole(now), whole(calm), whole(before), due and whole(now) or swept or '0' }
  return { since = since, calm = calm, before = before, named = run, due = due, note = table.concat(note, '|') }
end

-- The same, and notes it at once. Scripts that go on to write pass `redis.call` as `note`, so that they fail if it cannot be noted:
-- otherwise a gap would never end.
local function meet(replicas, now, lease, seen, note)
  local met = look(field_of(replicas, ':met'), now, lease, seen, false, false)
  note('HSET', replicas, ':met', met.note)
  return met
end

-- When an entry of another version, which does not say so itself, was first seen as it is.
local function unchanged_since(replicas, id, entry, now)
  local digest = redis.sha1hex(entry)
  local time, known = string.match(field_of(replicas, ':odd:' .. id) or '', '^(%d+)|(.*)$')
  if known == digest then return tonumber(time) end
  redis.pcall('HSET', replicas, ':odd:' .. id, whole(now) .. '|' .. digest)
  return now
end

-- What is known of one entry: its state (`alive`, `open`, `closed`, `unknown`, `left`, or `gone`), and what to store in
-- its place, if anything. Whether somebody who is alive still listens matters only to the sweep, which notes it.
local function judge(replicas, id, entry, now, met, sweeps)
  if string.match(entry, '^x|%d+$') then return 'left' end
  local stop, seen, write, open, closed, rest = string.match(entry, '^(%d+)|(%d+)|([^|]*)|(%d+)|(%d+)|(.*)$')
  if not stop then
    -- of another version: what it calls its end is believed
    stop, seen = string.match(entry, '^(%d+)|(%d+)')
    write, open, closed, rest = '', '0', '0', ''
    seen = seen or unchanged_since(replicas, id, entry, now)
  end
  stop, seen, open, closed = tonumber(stop or 0), tonumber(seen), tonumber(open), tonumber(closed)
  local facts = string.match(rest, '^[^\n]*')
  local lease = tonumber(string.match(facts, '"lease":(%d+)')) or 3000
  local dead = tonumber(string.match(facts, '"presumedDead":(%d+)')) or PRESUMED_DEAD
  local channel = channel_of(facts)
  if seen > now then
    -- the clock was set back
    seen, stop = met.calm, math.min(stop, met.calm + lease)
  end
  local silent = stop <= now
  if not silent and not sweeps then return 'alive' end
  if silent and now - math.max(seen, met.calm, met.since) >= dead then return 'gone' end
  local state = 'unknown'
  local noted = closed
  if listeners(channel) > 0 then
    state, noted = 'open', 0
  elseif open ~= 0 and open == met.since then
    state = 'closed'
    if closed == 0 then
      noted = now
    elseif silent and now - math.max(closed, met.calm) >= lease then
      return 'gone'
    end
  end
  return silent and state or 'alive',
    noted ~= closed and table.concat({ whole(stop), whole(seen), write, whole(open), whole(noted), rest }, '|')
end

-- Takes one off the list.
local function strike(replicas, id, now)
  redis.call('HSET', replicas, id, 'x|' .. whole(now + REMEMBERED))
  redis.call('HINCRBY', replicas, ':roster', 1)
end

-- Looks at all entries: drops those that are gone, gives the others with their states. `sweeps`: see judge.
local function sweep(replicas, now, met, sweeps)
  local there = {}
  local all = redis.call('HGETALL', replicas)
  for i = 1, #all, 2 do
    local id, entry = all[i], all[i + 1]
    local state, again = 'left'
    if string.sub(id, 1, 1) ~= ':' then state, again = judge(replicas, id, entry, now, met, sweeps) end
    if state == 'gone' then
      strike(replicas, id, now)
      redis.call('HDEL', replicas, ':odd:' .. id)
    elseif state == 'left' then
      if (tonumber(string.match(entry, '^x|(%d+)$')) or now + 1) <= now then redis.pcall('HDEL', replicas, id) end
    else
      if again then redis.pcall('HSET', replicas, id, again) end
      there[#there + 1] = { id, state, entry }
    end
  end
  return there
end
