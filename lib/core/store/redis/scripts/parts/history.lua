-- Adds an entry to the history: a stream whose oldest entries are dropped. Called before anything else is written, so that a change
-- that cannot be recorded is not made. If the key holds something other than a stream, it is replaced.
local function remember(stream, keep, entry, revision, at)
  if tonumber(keep) == 0 then return end
  local function add(call)
    return call('XADD', stream, 'MAXLEN', keep, '*', 'entry', entry, 'revision', revision, 'at', at)
  end
  local added = add(redis.pcall)
  if type(added) == 'table' and added.err then
    if string.match(added.err, '^WRONGTYPE') then redis.call('DEL', stream) end
    add(redis.call)
  end
end
