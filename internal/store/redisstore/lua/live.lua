-- live returns the nodes that have a lease.
--
-- KEYS  1 nodes: as in keep
-- ARGV  time ('': the server's)
-- Result  nodes

return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. whole(moment(ARGV[1])), '+inf')
