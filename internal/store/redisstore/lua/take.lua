-- take returns the first event of each call whose time has come, and leases the call.
--
-- KEYS  1 due: ZSET of calls by time in microseconds; 2 order: ZSET of the names of events, each its call and a text that
--       orders it, every score 0; 3 bodies: HASH of events by name, and of how often the first one of a call has failed
--       by 'tries:' and the call
-- ARGV  greatest count; lease in microseconds; time ('': the server's)
-- Result  name, body, failures, name, body, failures, ...

local now = moment(ARGV[3])
local result = {}
for _, call in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', whole(now), 'LIMIT', 0, ARGV[1])) do
  local name = redis.call('ZRANGEBYLEX', KEYS[2], '[' .. call .. ' ', '(' .. call .. '!', 'LIMIT', 0, 1)[1]
  if name then
    redis.call('ZADD', KEYS[1], whole(now + ARGV[2]), call)
    result[#result + 1] = name
    result[#result + 1] = redis.call('HGET', KEYS[3], name) or ''
    result[#result + 1] = redis.call('HGET', KEYS[3], 'tries:' .. call) or '0'
  else
    redis.call('ZREM', KEYS[1], call)
  end
end
return result
