-- spend gives a name to the first who asks for it.
--
-- KEYS  1 spent: until when the name is spent, in microseconds
-- ARGV  life of the name in microseconds; time ('': the server's)
-- Result  1 for the first, 0 for all others

local now = moment(ARGV[2])
local last = redis.call('GET', KEYS[1])
if last and tonumber(last) > now then
  return 0
end
redis.call('SET', KEYS[1], whole(now + ARGV[1]), 'PX', whole(math.ceil(ARGV[1] / 1000)))
return 1
