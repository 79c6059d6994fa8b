-- stranded returns documents that have a place on a node without a lease.
--
-- KEYS  1 places: as in commit; 2 nodes: as in keep
-- ARGV  first word of the places, whose second word is a node; greatest count; time ('': the server's)
-- Result  names of documents, each once

local now, limit, word = moment(ARGV[3]), tonumber(ARGV[2]), ARGV[1]
local result, known = {}, {}

local function dead(node)
  local lease = redis.call('ZSCORE', KEYS[2], node)
  return not lease or tonumber(lease) <= now
end

local function first(from, before, count)
  return redis.call('ZRANGEBYLEX', KEYS[1], '[' .. from, '(' .. before, 'LIMIT', 0, count)
end

local from = word .. ' '
while #result < limit do
  local place = first(from, word .. '!', 1)[1]
  if not place then
    break
  end
  local node = string.match(place, '^%S+ (%S+)')
  from = word .. ' ' .. node .. '!'
  if dead(node) then
    for _, found in ipairs(first(word .. ' ' .. node .. ' ', from, limit)) do
      local name = string.match(found, '%S+$')
      if not known[name] and #result < limit then
        known[name] = true
        result[#result + 1] = name
      end
    end
  end
end
return result
