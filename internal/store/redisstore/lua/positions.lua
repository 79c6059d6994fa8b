-- positions counts where documents stand among the places that begin alike.
--
-- KEYS  1 places, 2 documents: as in commit
-- ARGV  how the places begin, without the last space; fields of heads
-- Result  for each document: from 1; 0 if it has no such place

local begin = ARGV[1] .. ' '
local before = redis.call('ZLEXCOUNT', KEYS[1], '-', '(' .. begin)
local result = {}
for i, head in ipairs(redis.call('HMGET', KEYS[2], unpack(ARGV, 2))) do
  result[i] = 0
  local places = head and string.match(head, '([^\n]*)\n[^\n]*$') or ''
  for place in string.gmatch(places, '[^\t]+') do
    if string.sub(place, 1, #begin) == begin then
      result[i] = redis.call('ZRANK', KEYS[1], place) - before + 1
    end
  end
end
return result
