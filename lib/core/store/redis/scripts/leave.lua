-- Takes a replica off the list.
--
-- KEYS replicas
-- ARGV replica id, channel
redis.call('HDEL', KEYS[1], ARGV[1])
redis.pcall('PUBLISH', ARGV[2], 'a')
return 1
