-- keep prolongs the lease of a node, and removes leases that have ended.
--
-- KEYS  1 nodes: ZSET of nodes by the end of their lease in microseconds
-- ARGV  node; length of the lease in microseconds; time ('': the server's)
-- Result  time

local now = moment(ARGV[3])
redis.call('ZADD', KEYS[1], whole(now + ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now))
return whole(now)
