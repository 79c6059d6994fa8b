-- amend replaces a record, if it is of the expected version. It expires when it would have.
--
-- KEYS  1 record
-- ARGV  how the record must begin; the new record
-- Result  1 done; 0 refused, it is of another version; 3 there is none

local record = redis.call('GET', KEYS[1])
if not record then
  return 3
end
if string.sub(record, 1, #ARGV[1]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1
