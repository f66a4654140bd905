-- Reads the history, newest first.
--
-- KEYS history
-- ARGV how many entries, and the id of an entry that was stored after all of them, or ''
-- Returns ids and fields.

local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'stream' then return {} end
local from = ARGV[2] == '' and '+' or ARGV[2]
local found = redis.call('XREVRANGE', KEYS[1], from, '-', 'COUNT', tonumber(ARGV[1]) + 1)
if found[1] and found[1][1] == ARGV[2] then
  table.remove(found, 1)
elseif #found > tonumber(ARGV[1]) then
  table.remove(found)
end
return found
