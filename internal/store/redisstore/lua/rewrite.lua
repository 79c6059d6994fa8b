-- rewrite replaces a record by one that stands in fewer lines, or removes it.
--
-- KEYS  1 record; 2 request; 3+ the lines that the record leaves
-- ARGV  how the record must begin; its ID; the new record ('': none)
-- Result  1 done; 0 refused, it is of another version; 3 there is none

local record = redis.call('GET', KEYS[1])
if not record then
  return 3
end
if string.sub(record, 1, #ARGV[1]) ~= ARGV[1] then
  return 0
end
if ARGV[3] == '' then
  redis.call('DEL', KEYS[1])
  redis.call('DEL', KEYS[2])
else
  redis.call('SET', KEYS[1], ARGV[3], 'KEEPTTL')
end
for key = 3, #KEYS do
  redis.call('ZREM', KEYS[key], ARGV[2])
end
return 1
