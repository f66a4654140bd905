-- How far the replicas are: a sorted set of their ids by revision.

-- Notes how far a replica is; returns how far it was, nil if that is not known.
local function advance(applied, id, to)
  local from = redis.pcall('ZSCORE', applied, id)
  if is_misfit(redis.pcall('ZADD', applied, whole(to), id)) then
    redis.pcall('DEL', applied)
    redis.pcall('ZADD', applied, whole(to), id)
  end
  return type(from) == 'string' and tonumber(from) or nil
end

-- How far all replicas are that are not silent; nil if more are silent than it is worth looking at.
local function lowest(applied, replicas, now)
  local first = redis.pcall('ZRANGE', applied, 0, 7, 'WITHSCORES')
  if first.err then return nil end
  for i = 1, #first, 2 do
    local stop = string.match(redis.call('HGET', replicas, first[i]) or '', '^(%d+)|')
    if stop and tonumber(stop) > now then return tonumber(first[i + 1]) end
    if not stop then redis.call('ZREM', applied, first[i]) end
  end
  return nil
end

-- Notes how far a replica is now, and wakes those who wait: in any case, or, with the revision that all have applied, for the last one
-- to apply it, since they would find nothing new before that.
local function report(applied, replicas, id, to, now, channel, always)
  local from = advance(applied, id, to)
  if always then
    redis.pcall('PUBLISH', channel, 'a')
  elseif from and from < to then
    local all = lowest(applied, replicas, now) or from
    if all > from then redis.pcall('PUBLISH', channel, 'a' .. whole(all)) end
  end
end
