-- failed counts a failure of an event, and puts its call off.
--
-- KEYS  1 due, 2 order, 3 bodies: as in take
-- ARGV  name; call; time in microseconds until which it is put off
-- Result  1; 0 if the event is gone

if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then
  return 0
end
redis.call('HINCRBY', KEYS[3], 'tries:' .. ARGV[2], 1)
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2])
return 1
