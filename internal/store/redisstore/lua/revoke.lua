-- revoke notes when the tokens of a user were revoked, and forgets revocations that no token can be so old for.
--
-- KEYS  1 revoked: ZSET of users by the time of their revocation in microseconds
-- ARGV  user; how long revocations are kept, in microseconds; time ('': the server's)
-- Result  time

local now = moment(ARGV[3])
redis.call('ZADD', KEYS[1], whole(now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now - ARGV[2]))
redis.call('PEXPIRE', KEYS[1], whole(math.ceil(ARGV[2] / 1000)))
return whole(now)
