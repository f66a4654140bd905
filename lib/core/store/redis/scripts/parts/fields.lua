-- Fields of the hash of replicas (see parts/members.lua), and who listens to a channel.

local function whole(number)
  return string.format('%.0f', number)
end

-- A field of the hash of replicas; nil also if the key holds something else.
local function field_of(replicas, name)
  local value = redis.pcall('HGET', replicas, name)
  return type(value) == 'string' and value or nil
end

-- Counts a change of the list; returns a number, or an error. If somebody has damaged the count, it goes on with a number that it
-- has not had.
local function count_change(replicas)
  local counted = redis.pcall('HINCRBY', replicas, ':roster', 1)
  if type(counted) == 'table' and (string.match(counted.err, 'integer') or string.match(counted.err, 'overflow')) then
    return redis.pcall('HSET', replicas, ':roster', redis.call('TIME')[1])
  end
  return counted
end

-- How many listen to a channel; in a cluster only those on this node.
local function listeners(channel)
  if not channel then return 0 end
  for _, question in ipairs({ 'NUMSUB', 'SHARDNUMSUB' }) do
    local answer = redis.pcall('PUBSUB', question, channel)
    local count = type(answer) == 'table' and not answer.err and tonumber(answer[2]) or 0
    if count > 0 then return count end
  end
  return 0
end

-- A replica's own channel, as named in its facts.
local function channel_of(facts)
  return string.match(facts, '"channel":"([^"\\]+)"')
end

-- The number of the report in an entry: each replica counts its own. What is sent twice, or over a connection that is no longer
-- used, may arrive after a later report, which it must not replace. 0 if there is none.
local function number_of(entry)
  return tonumber(string.match(entry or '', '\n{"n":(%d+)')) or 0
end
