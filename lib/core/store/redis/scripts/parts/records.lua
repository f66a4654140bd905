-- Records: a hash with a field for each. A record is a line `format write revision at`, a line feed, and its body. `:head`
-- describes the version of all of them: `format history revision write bytes count`. Beside it `order` has the names by the
-- revision at which each was last stored here, and `writes` the last write ids by revision.

local FORMAT = '1'
local HEAD = ':head'
-- As in document/codec.ts.
local MAX_RECORD_BYTES = 262144
local MAX_BYTES = 33554432
local MAX_READ_BYTES = 1048576
local MORE_TO_OPEN = 131072
local MORE_TO_OPEN_ALL = 8388608
-- The number of write ids that are remembered: more than are created while a replica is away for a moment.
local MOST_WRITES = 10000
-- The end of numbers: a higher revision could not be read again.
local MAX_REVISION = 9007199254740991
-- The last instant that a JavaScript Date can hold.
local LAST_INSTANT = 8640000000000000

local function int(number)
  return string.format('%.0f', number)
end

-- The version of all records; nil if there is none. The second value is why it cannot be read, and the text that shows it.
local function head_of(records)
  local text = redis.pcall('HGET', records, HEAD)
  if type(text) ~= 'string' then
    local kind = redis.call('TYPE', records).ok
    if kind == 'none' then return nil end
    if kind ~= 'hash' then return nil, '!' .. kind end
    -- a command that this user may not run fails here as well: that is not a state that cannot be read
    if text then redis.call('HGET', records, HEAD) end
    return nil, '?' .. redis.call('HLEN', records)
  end
  local format, history, revision, write, bytes, count =
    string.match(text, '^(%d+) ([%w_-]+) (%d+) ([%w_-]+) (%d+) (%d+)')
  if format ~= FORMAT then
    -- only a higher format is one of a newer version; anything else is damage
    local other = string.match(text, '^(%d+) ') or '0'
    return nil, (tonumber(other) > tonumber(FORMAT) and other or '~') .. ':' .. string.sub(text, 1, 64)
  end
  return {
    history = history,
    revision = tonumber(revision),
    write = write,
    bytes = tonumber(bytes),
    count = tonumber(count),
  }
end

local function version_of(head)
  return head and head.history .. '.' .. int(head.revision) .. '.' .. head.write or ''
end

local function save(records, head)
  local parts = { FORMAT, head.history, int(head.revision), head.write, int(head.bytes), int(head.count) }
  redis.call('HSET', records, HEAD, table.concat(parts, ' '))
end

-- For how many ms the records may be put back if there are none: they are lost if their indexes are there, since a first write removes
-- these. It is recorded among the names when that was noticed.
local function records_lost_for(order, writes, now, lease)
  if redis.call('EXISTS', order, writes) == 0 then return 0 end
  local noticed = redis.pcall('ZSCORE', order, ':lost')
  noticed = type(noticed) == 'string' and tonumber(noticed)
  if not noticed or noticed > now then
    if type(redis.pcall('ZADD', order, int(now), ':lost')) ~= 'number' then return 0 end
    noticed = now
  end
  return math.max(0, noticed + lease - now)
end

-- The revision of a version, if that is on the line of this store: it has made, or was given, that very write with that number.
local function on_line(head, writes, version)
  local history, revision, write = string.match(version, '^([%w_-]+)%.(%d+)%.([%w_-]+)$')
  if not head or history ~= head.history then return nil end
  revision = tonumber(revision)
  if revision == head.revision then return write == head.write and revision or nil end
  local place = writes and redis.pcall('ZSCORE', writes, write)
  return type(place) == 'string' and tonumber(place) == revision and revision < head.revision and revision or nil
end

-- Identifies a stored value: by write id, or by a digest if it is not one of ours.
local function mark_of(text)
  if not text then return '' end
  local format, write = string.match(text, '^(%d+) ([%w_-]+) %d+ %d+\n')
  if format == FORMAT then return write end
  if format then return format .. ':' .. write end
  return '~' .. redis.sha1hex(text)
end
