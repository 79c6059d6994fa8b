-- words returns the different words that follow the first word of places.
--
-- KEYS  1 places: as in commit
-- ARGV  the first word
-- Result  the second words, in order

local result, from = {}, '[' .. ARGV[1] .. ' '
while true do
  local place = redis.call('ZRANGEBYLEX', KEYS[1], from, '(' .. ARGV[1] .. '!', 'LIMIT', 0, 1)[1]
  if not place then
    return result
  end
  local word = string.match(place, '^%S+ (%S+)')
  result[#result + 1] = word
  from = '[' .. ARGV[1] .. ' ' .. word .. '!' -- which comes right after the space
end
