-- Records in the order in which they were written, a page at a time.

-- Bytes of records that are returned at once, and how many are looked at in one go.
local MAX_PAGE_BYTES = 1048576
local SLICE = 200

-- Somebody removed fields, or the index does not fit: start a new history, so that everybody reads everything.
local function repair(records, order, writes, head, now)
  redis.call('DEL', order, writes)
  head.history = string.sub(redis.sha1hex(head.history .. now), 1, 11)
  head.bytes, head.count = 0, 0
  local fields = redis.call('HKEYS', records)
  for _, name in ipairs(fields) do
    if name ~= HEAD then
      head.revision = head.revision + 1
      head.count = head.count + 1
      head.bytes = head.bytes + redis.call('HSTRLEN', records, name)
      redis.call('ZADD', order, int(head.revision), name)
    end
  end
  save(records, head)
end

-- What is returned of a record: all of it; its size if it is too long; its mark if it is not one of ours, since bytes that are no
-- text arrive changed.
local function shown(records, name, size)
  if size > MAX_READ_BYTES then return '^' .. int(size) end
  local text = redis.call('HGET', records, name) or ''
  local mark = mark_of(text)
  return text ~= '' and string.sub(mark, 1, 1) == '~' and mark or text
end

-- Records that were stored after a revision, in that order, up to a page; the second value is where the next page begins.
local function page_after(records, order, since)
  local found, bytes = {}, 0
  while true do
    local names = redis.call('ZRANGEBYSCORE', order, '(' .. int(since), '+inf', 'WITHSCORES', 'LIMIT', 0, SLICE)
    if #names == 0 then return found, false end
    for i = 1, #names, 2 do
      local size = redis.call('HSTRLEN', records, names[i])
      if bytes > 0 and bytes + size > MAX_PAGE_BYTES then return found, int(since) end
      found[#found + 1] = names[i]
      found[#found + 1] = shown(records, names[i], size)
      bytes = bytes + size
      since = tonumber(names[i + 1])
    end
  end
end
