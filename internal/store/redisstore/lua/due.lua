-- due takes what is due and leases it: its time becomes the end of the lease.
--
-- KEYS  1 due, 2 documents: as in commit
-- ARGV  greatest count; lease in microseconds; time ('': the server's)
-- Result  time; earliest time that is still to come ('': none); names of documents, the earliest first

local now = moment(ARGV[3])
local result = { whole(now), '' }
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', whole(now), 'LIMIT', 0, ARGV[1])) do
  if redis.call('HEXISTS', KEYS[2], name) == 1 then
    redis.call('ZADD', KEYS[1], whole(now + ARGV[2]), name)
    result[#result + 1] = name
  else
    redis.call('ZREM', KEYS[1], name)
  end
end
local next = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. whole(now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
if next[2] then
  result[2] = whole(tonumber(next[2]))
end
return result
