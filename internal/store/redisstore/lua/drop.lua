-- drop removes events.
--
-- KEYS  1 due, 2 order, 3 bodies: as in take
-- ARGV  first and last of a range of names, as ZRANGEBYLEX takes them; greatest count; the call they are of ('': all)
-- Result  how many were removed; less than the count if none is left

local names = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
if #names > 0 then
  redis.call('ZREM', KEYS[2], unpack(names))
  redis.call('HDEL', KEYS[3], unpack(names))
end
if #names < tonumber(ARGV[3]) then
  if ARGV[4] == '' then
    redis.call('DEL', KEYS[1])
    redis.call('DEL', KEYS[3])
  else
    redis.call('ZREM', KEYS[1], ARGV[4])
    redis.call('HDEL', KEYS[3], 'tries:' .. ARGV[4])
  end
end
return #names
