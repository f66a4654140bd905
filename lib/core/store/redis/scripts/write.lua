-- Writes records, each only if what is stored is still what its writer has seen, and publishes them.
--
-- KEYS records, order, writes, secret, history
-- ARGV version that the writer is at, deadline, channel, a new secret in case there is none, id of a new history in case there
--      is none, revision after which that begins, number of history entries, how many are kept, for each its text, revision and
--      time ('' for those of the record); and for each record its name, the expected mark, write id, body, revision if it is put
--      back ('' if it is new), time: that of the writer for a new one, from which it computed ends, and '1' if it opens the key
-- Returns 'late' and the clock; or the clock, the version before, the version now, and for each record 'written', revision and
-- time; 'conflict' and what is stored instead ('' if nothing, or too long); or 'full'.

--- @include "parts/clock"
--- @include "parts/term"
--- @include "parts/records"
--- @include "parts/asked"
--- @include "parts/secret"
--- @include "parts/history"

-- Milliseconds by which a writer's time may be behind: the time its write takes to arrive.
local ON_THE_WAY = 1000
-- Longer records are not pushed, only announced: replicas read them.
local MAX_PUSH_BYTES = 65536
-- The number of arguments for each record.
local WIDTH = 7

-- The command of a write that this user may not run, or that was taken away from the server: a write that failed half-way could not be
-- undone. Redis 6 cannot tell.
local function forbidden()
  if not redis.acl_check_cmd then return nil end
  local steps = {
    { 'XADD', KEYS[5], '*', 'entry', '' },
    { 'DEL', KEYS[1] },
    { 'HSET', KEYS[1], HEAD, '' },
    { 'ZADD', KEYS[2], '0', '' },
    { 'ZREMRANGEBYRANK', KEYS[3], '0', '0' },
  }
  for _, step in ipairs(steps) do
    local is_there, may = pcall(redis.acl_check_cmd, unpack(step))
    if not (is_there and may) then return step[1] end
  end
  return nil
end

-- Adds a name or a write id under its revision. If the key holds something else, it is replaced: a write that failed half-way could
-- not be undone, while an exchange makes again what is missing there.
local function index(set, revision, member)
  local added = redis.pcall('ZADD', set, int(revision), member)
  if type(added) == 'table' and added.err then
    if string.match(added.err, '^WRONGTYPE') then redis.call('DEL', set) end
    redis.call('ZADD', set, int(revision), member)
  end
end

local now = clock()
if is_late(ARGV[2], now) then return { 'late', now } end
local missing = forbidden()
if missing then
  return redis.error_reply("NOPERM this user has no permissions to run the '" .. string.lower(missing) .. "' command")
end
local head, problem = head_of(KEYS[1])
local before = problem or version_of(head)
local outcomes = {}
local notes = tonumber(ARGV[7])
local FIRST = 9 + 3 * notes

local function answer()
  return { now, before, version_of(head), outcomes }
end

local fresh = false
if not head then
  if before ~= ARGV[1] then
    -- everything is lost or unreadable: a caller that knows more looks first
    for i = FIRST, #ARGV, WIDTH do outcomes[#outcomes + 1] = { 'conflict' } end
    return { now, before, before, outcomes }
  end
  fresh = true
  head = { history = ARGV[5], revision = tonumber(ARGV[6]), write = '-', bytes = 0, count = 0 }
end

-- Whether there is room for a record that gets longer. What is put back was stored before.
local function fits(i, size, all)
  if ARGV[i + 4] ~= '' then return size <= MAX_READ_BYTES end
  local opens = ARGV[i + 6] == '1'
  return size <= MAX_RECORD_BYTES + (opens and MORE_TO_OPEN or 0) and all <= MAX_BYTES + (opens and MORE_TO_OPEN_ALL or 0)
end

-- Returns the line to store for a record, or why it is not stored.
local function judge(present, i)
  local write = ARGV[i + 2]
  if mark_of(present) ~= ARGV[i + 1] then return nil, 'conflict' end
  if head.revision >= MAX_REVISION then
    head.history = ARGV[5]
    head.revision = 0
  end
  local revision, at = ARGV[i + 4], ARGV[i + 5]
  if revision == '' then
    revision = int(head.revision + 1)
    local last = tonumber(string.match(present or '', '^%d+ [%w_-]+ %d+ (%d+)')) or 0
    local wished = math.min(math.max(tonumber(at), now - ON_THE_WAY), now)
    at = int(math.max(wished, math.min(last, LAST_INSTANT)))
  end
  local text = table.concat({ FORMAT, write, revision, at }, ' ') .. '\n' .. ARGV[i + 3]
  local more = #text - #(present or '')
  if more > 0 and not fits(i, #text, head.bytes + more) then return nil, 'full' end
  return text, { 'written', revision, at }
end

-- The id that the version has from this write on. A record that is put back keeps its write id, and may have had the same number
-- before, after other writes: its version says what comes before it.
local function id_of(i, previous)
  local write = ARGV[i + 2]
  return ARGV[i + 4] == '' and write or string.sub(redis.sha1hex(previous .. write), 1, 22)
end

local last, text
for i = FIRST, #ARGV, WIDTH do
  local name = ARGV[i]
  local present = not fresh and redis.call('HGET', KEYS[1], name)
  local stored, outcome = judge(present, i)
  -- a caller that lost against another one need not ask what is stored
  outcomes[#outcomes + 1] = stored and outcome or { outcome, #(present or '') <= MAX_PUSH_BYTES and present or '' }
  if stored then
    for n = 9, FIRST - 1, 3 do
      local own = ARGV[n + 1] == ''
      remember(KEYS[5], ARGV[8], ARGV[n], own and outcome[2] or ARGV[n + 1], own and outcome[3] or ARGV[n + 2])
    end
    if fresh then redis.call('DEL', KEYS[1], KEYS[2], KEYS[3]) end
    fresh = false
    local previous = version_of(head)
    head.revision = head.revision + 1
    head.write = id_of(i, previous)
    head.bytes = head.bytes + #stored - #(present or '')
    if not present then head.count = head.count + 1 end
    redis.call('HSET', KEYS[1], name, stored)
    index(KEYS[2], head.revision, name)
    index(KEYS[3], head.revision, head.write)
    last, text = name, stored
  end
end
if not last then
  if head.count == 0 then head = nil end
  return answer()
end
redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -MOST_WRITES - 1)
save(KEYS[1], head)

-- 's', and for those who know the secret a signature, the version before, the version now, the name and the record
local news = 's'
local known = #ARGV == FIRST + WIDTH - 1 and #text <= MAX_PUSH_BYTES and secret(KEYS[4], ARGV[4])
if known then
  local told = table.concat({ before, version_of(head), last, text }, '\n')
  news = news .. sign(known, told) .. told
end
redis.pcall('PUBLISH', ARGV[3], news)
return answer()
