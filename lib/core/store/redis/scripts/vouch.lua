-- Lists replicas again that the caller remembers and a newly met server does not know: they may be silent.
--
-- KEYS replicas
-- ARGV when the server was met, id and facts of each replica
-- Returns how many were not listed; 0 if the key of the list holds something else, which the exchange reports.

--- @include "parts/fields"

local count = 0
local met = redis.pcall('HGET', KEYS[1], ':met')
local since = type(met) == 'string' and string.match(met, '^r|[^|]*|(%d+)|')
if since == ARGV[1] then
  for i = 2, #ARGV, 2 do
    count = count + redis.call('HSETNX', KEYS[1], ARGV[i], '0|' .. since .. '||0|0|' .. ARGV[i + 1] .. '\n')
  end
  if count > 0 then count_change(KEYS[1]) end
end
return count
