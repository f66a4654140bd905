-- The replicas. Their hash has an entry for each: `stop|seen|write|open|closed|facts\nfigures`.
--   stop    when its lease ends; after that it is silent, which does not mean that it is gone
--   seen    when it last reported
--   write   what it has applied
--   open    when this server was met, if the replica was listening to its own channel as it reported, so that it counts on this
--           server only; otherwise 0
--   closed  since when nobody has been listening to that channel; 0 while somebody is
--   facts   what does not change while it lives, as JSON: `lease` and `presumedDead` in ms, `channel`
--   figures what does change, beginning with the number of the report
-- `x|until` stands for a replica that has left, was forgotten or is gone, so that nobody vouches for it. Only the replica's process
-- listens to its own channel, for as long as it has its connection, even if it is blocked, stopped or cut off.
--
-- Beside them `:met` says which server was met with this data and when (`r|run|since|last|calm|before|swept`), when somebody
-- last looked, since when there has been no gap between looks, when the last look before that gap was, and when the last sweep was;
-- `:roster` counts the changes of the list.

-- Milliseconds of silence after which a replica that does not say otherwise is presumed dead, and for which it is remembered
-- that a replica is gone.
local PRESUMED_DEAD = 60000
local REMEMBERED = 600000
-- Milliseconds between two looks after which nobody knows what happened in between: more than a heartbeat, less than a lease.
local MOST_GAP = 2000
-- Milliseconds within which several gaps count as one.
local ONE_GAP = 60000
-- Milliseconds between two sweeps, whichever replica makes them.
local SWEEP = 1000

-- What is known of the server itself. A server that was restarted, has taken over from another or has lost its data is newly
-- met: it does not know whose connection is closed. A gap has one of several causes that nobody can tell apart: the server stood
-- still, its clock was set forward, or nobody looked. `lease` is that of the caller, which looks several times within it. `seen`
-- begins with the moment at which the caller's server was met: if that is the recorded one, and the caller has stayed connected
-- since, the server need not be asked who it is. Once a second one replica, the one that sweeps, asks all the same: a proxy may have
-- put another server behind open connections. `noted` is the content of `:met`, `note` the content to store.
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

-- The same, and stores it at once. Scripts that go on to write pass `redis.call` as `note`, so that they fail if it cannot be
-- stored: otherwise a gap would never end.
local function meet(replicas, now, lease, seen, note)
  local met = look(field_of(replicas, ':met'), now, lease, seen, false, false)
  note('HSET', replicas, ':met', met.note)
  return met
end

-- Since when an entry has been unchanged; for entries of another version, which do not say so themselves.
local function unchanged_since(replicas, id, entry, now)
  local digest = redis.sha1hex(entry)
  local time, known = string.match(field_of(replicas, ':odd:' .. id) or '', '^(%d+)|(.*)$')
  if known == digest then return tonumber(time) end
  redis.pcall('HSET', replicas, ':odd:' .. id, whole(now) .. '|' .. digest)
  return now
end

-- What is known of one entry: its state (`alive`, `open`, `closed`, `unknown`, `left`, or `gone`), and the entry to store in its
-- place, if any. Whether a living replica is still listening matters only to the sweep, which records it.
local function judge(replicas, id, entry, now, met, sweeps)
  if string.match(entry, '^x|%d+$') then return 'left' end
  local stop, seen, write, open, closed, rest = string.match(entry, '^(%d+)|(%d+)|([^|]*)|(%d+)|(%d+)|(.*)$')
  if not stop then
    -- of another version: its end is taken at face value
    stop, seen = string.match(entry, '^(%d+)|(%d+)')
    write, open, closed, rest = '', '0', '0', ''
    seen = seen or unchanged_since(replicas, id, entry, now)
  end
  stop, seen, open, closed = tonumber(stop or 0), tonumber(seen), tonumber(open), tonumber(closed)
  -- most are, most of the time: their facts are not even read
  if not sweeps and stop > now and seen <= now then return 'alive' end
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

-- Takes a replica off the list.
local function strike(replicas, id, now)
  redis.call('HSET', replicas, id, 'x|' .. whole(now + REMEMBERED))
  count_change(replicas)
end

-- Looks at all entries: drops those that are gone, returns the others with their states. `sweeps`: see judge.
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
