-- audit appends an entry to the audit log, if the last one is the expected one.
--
-- KEYS  1 audit: LIST of entries
-- ARGV  the last entry ('': there is none); the new one
-- Result  1 done; 0 refused, somebody was faster

if (redis.call('LRANGE', KEYS[1], -1, -1)[1] or '') ~= ARGV[1] then
  return 0
end
redis.call('RPUSH', KEYS[1], ARGV[2])
return 1
