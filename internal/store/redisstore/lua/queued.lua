-- queued counts places, and returns the documents of those that stand first.
--
-- KEYS  1 places, 2 documents: as in commit
-- ARGV  greatest count of documents; for each range: first place, and the first one beyond it
-- Result  how many places there are in all ranges; documents, by the words of their places after the second

local limit = tonumber(ARGV[1])
local total, found = 0, {}

-- take finds the first places of each second word in a range: a page that has one such word only leads to the next word,
-- as nothing behind it stands before what is on it.
local function take(from, beyond)
  repeat
    local page = redis.call('ZRANGEBYLEX', KEYS[1], from, beyond, 'LIMIT', 0, limit)
    for _, place in ipairs(page) do
      found[#found + 1] = { string.match(place, '^%S+ %S+ (.*)$'), string.match(place, '%S+$') }
    end
    if #page > 0 then
      local line = string.match(page[1], '^%S+ %S+')
      if line == string.match(page[#page], '^%S+ %S+') then
        from = '[' .. line .. '!'
      else
        from = '(' .. page[#page]
      end
    end
  until #page < limit
end

for i = 2, #ARGV, 2 do
  local from, beyond = '[' .. ARGV[i], '(' .. ARGV[i + 1]
  total = total + redis.call('ZLEXCOUNT', KEYS[1], from, beyond)
  take(from, beyond)
end
table.sort(found, function(a, b) return a[1] < b[1] end)

local result, names = { total }, {}
for i = 1, math.min(limit, #found) do
  names[i] = found[i][2]
end
if #names > 0 then
  for _, document in ipairs(redis.call('HMGET', KEYS[2], unpack(names))) do
    if document then
      result[#result + 1] = document
    end
  end
end
return result
