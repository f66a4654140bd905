-- How a document of ours begins (HEADER_LENGTH of document/codec.ts), and what is longer than any (MAX_BYTES there).
local HEADER_LENGTH = 35
local MAX_BYTES = 4194304

-- Version of the stored value and whether it can be a document: '' for none, header and length for ours, a digest for
-- anything else.
local function stored(key)
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then return '', false end
  if kind ~= 'string' then return '!' .. kind, false end
  local size = redis.call('STRLEN', key)
  local head = redis.call('GETRANGE', key, 0, HEADER_LENGTH - 1)
  if size > MAX_BYTES then return '^' .. size, false end
  if string.sub(head, 1, 7) == '{"v":1,' then return head .. '#' .. size, true end
  return '~' .. redis.sha1hex(redis.call('GET', key)), true
end
