-- Releases what is the caller's, however late it arrives: it takes nothing from anybody else.
--
-- KEYS leases, waiters, progress
-- ARGV token, channel, names of the leases
for i = 3, #ARGV do
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  if held and string.match(held, '^(.-)|') == ARGV[1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
redis.call('HDEL', KEYS[2], ARGV[1])
-- of the hold with that token
redis.pcall('HDEL', KEYS[3], ARGV[1])
-- callers that wait for a lock are listed
if redis.call('HLEN', KEYS[2]) > 0 then redis.pcall('PUBLISH', ARGV[2], 'a') end
return 1
