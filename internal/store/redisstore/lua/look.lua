-- look returns documents by the places they have.
--
-- KEYS  1 places, 2 documents: as in commit
-- ARGV  greatest count of each range; for each range: first place, and the first one beyond it
-- Result  place, document, place, document, ...: the ranges one after the other

local result = {}

-- load adds places from one index on, with their documents. What unpack can return at once is limited.
local function load(places, from, to)
  local names = {}
  for i = from, to do
    names[#names + 1] = string.match(places[i], '%S+$')
  end
  for i, document in ipairs(redis.call('HMGET', KEYS[2], unpack(names))) do
    if document then
      result[#result + 1] = places[from + i - 1]
      result[#result + 1] = document
    end
  end
end

for i = 2, #ARGV, 2 do
  local places = redis.call('ZRANGEBYLEX', KEYS[1], '[' .. ARGV[i], '(' .. ARGV[i + 1], 'LIMIT', 0, ARGV[1])
  for from = 1, #places, 1000 do
    load(places, from, math.min(from + 999, #places))
  end
end
return result
