-- Records how far a listed replica is. It does no more than that, and so takes a third of the time that an exchange takes: after a
-- change every replica does this, all at once.
--
-- KEYS records, replicas, applied, writes
-- ARGV version that the replica is at, its id, its figures, lease ms, deadline, channel on which to wake those who wait, '1' to wake
--      them in any case
-- Returns 1 if it is recorded; 0 if only an exchange (see sync.lua) can tell what to do.

--- @include "parts/clock"
--- @include "parts/term"
--- @include "parts/records"
--- @include "parts/fields"
--- @include "parts/asked"
--- @include "parts/applied"

local now = clock()
local head = head_of(KEYS[1])
local version = on_line(head, KEYS[4], ARGV[1])
if not version or redis.call('HLEN', KEYS[1]) - 1 ~= head.count then return 0 end
if is_late(ARGV[5], now) then return 0 end
local before = field_of(KEYS[2], ARGV[2])
local open, closed, facts = string.match(before or '', '^%d+|%d+|[^|]*|(%d+)|(%d+)|([^\n]*)\n')
if not facts or number_of(before) > number_of('\n' .. ARGV[3]) then return 0 end
-- as in an exchange, but a replica that was not listening then does not count as listening now
if open ~= '0' and listeners(channel_of(facts)) == 0 then open = '0' end
local entry = { whole(now + tonumber(ARGV[4])), whole(now), ARGV[1], open, closed, facts .. '\n' .. ARGV[3] }
if type(redis.pcall('HSET', KEYS[2], ARGV[2], table.concat(entry, '|'))) ~= 'number' then return 0 end
report(KEYS[3], KEYS[2], ARGV[2], version, now, ARGV[6], ARGV[7] == '1')
return 1
