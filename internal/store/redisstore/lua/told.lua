-- told removes an event, and leases the next one of its call.
--
-- KEYS  1 due, 2 order, 3 bodies: as in take
-- ARGV  name; call; lease in microseconds; time ('': the server's)
-- Result  name, body, failures of the next event; nothing if there is none, or the event was gone already

if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then
  return {}
end
redis.call('HDEL', KEYS[3], ARGV[1], 'tries:' .. ARGV[2])
local name = redis.call('ZRANGEBYLEX', KEYS[2], '[' .. ARGV[2] .. ' ', '(' .. ARGV[2] .. '!', 'LIMIT', 0, 1)[1]
if not name then
  redis.call('ZREM', KEYS[1], ARGV[2])
  return {}
end
redis.call('ZADD', KEYS[1], whole(moment(ARGV[4]) + ARGV[3]), ARGV[2])
return { name, redis.call('HGET', KEYS[3], name) or '', '0' }
