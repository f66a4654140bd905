-- What is longer is not ours, and not worth moving (as in document/codec.ts).
local MAX_READ_BYTES = 16777216

-- Version of the stored value, whether it may be a document, and the id of the write that made it. The version is '' for
-- none, write id and length for a document of ours, with the number of its format before it for one of another, a digest
-- for anything else.
local function stored(key)
  local head = redis.pcall('GETRANGE', key, 0, 63)
  if type(head) ~= 'string' then return '!' .. redis.call('TYPE', key).ok, false, '' end
  if head == '' and redis.call('EXISTS', key) == 0 then return '', false, '' end
  local size = redis.call('STRLEN', key)
  if size > MAX_READ_BYTES then return '^' .. size, false, '' end
  local format, write = string.match(head, '^{"v":(%d+),"w":"([%w_-]+)"')
  if format == '1' then return write .. '#' .. size, true, write end
  if format then return format .. ':' .. write .. '#' .. size, true, write end
  return '~' .. redis.sha1hex(redis.call('GET', key)), true, ''
end
