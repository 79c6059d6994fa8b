-- commit replaces documents as a whole, with their places and times, and tells nodes of it; or it does nothing.
--
-- KEYS  1  documents: HASH of documents by name, and of their heads, each by 'head:' and the name
--       2  places: ZSET of the places of all documents, every score 0
--       3  due: ZSET of names by time in microseconds
--       4+ what the writes write to
-- ARGV  time after which it is too late, in microseconds; time ('': the server's)
--       command that publishes; prefix of the nodes' channels; token of this commit
--       then groups, each with the count of its arguments before them:
--         fields of heads: of all documents that change, then of others whose nodes are told
--         for each change: name; how the head must begin ('': there is none); how it ends after this ('\n\n\n': it goes)
--         fields and values that documents gets
--         fields that it loses
--         times and names that due gets
--         for each wake: name, time
--         for each write: command, index in KEYS, count of arguments, arguments
--         for each message: who is told, '@' with nodes separated by spaces or the index of a head; the message
-- Result  1 done, also when this very commit was done before; 0 refused, a version is not the expected one; 2 refused, it
--         came too late
--
-- A head is four lines: version of the document and token of the commit that wrote it, separated by a space; nodes that
-- are told what is for it, separated by spaces; its places, separated by tabs; '+' if due may have it.

if moment(ARGV[2]) > tonumber(ARGV[1]) then
  return 2
end
local publish, channels, token = ARGV[3], ARGV[4], ARGV[5]

-- Groups are read in place: tables for them would have to be collected.
local last = 5
local function group()
  local from = last + 2
  last = last + 1 + tonumber(ARGV[last + 1])
  return from, last
end

-- Read what is there, and compare.

local heads, from, to = {}, group()
if from <= to then
  heads = redis.call('HMGET', KEYS[1], unpack(ARGV, from, to))
end

local function expected(head, begins)
  if begins == '' then
    return not head
  end
  return head and string.sub(head, 1, #begins) == begins
end

local changes, changesEnd = group()
local stale = false
for i = changes, changesEnd, 3 do
  stale = stale or not expected(heads[(i - changes) / 3 + 1], ARGV[i + 1])
end
if stale then
  for i = 1, (changesEnd - changes + 1) / 3 do
    if heads[i] and string.match(heads[i], '^%d+ (%w+)\n') == token then
      return 1
    end
  end
  return 0
end

-- Replace documents, places and times. Mostly a head ends as before: then its places stay.

local leave, take, timeless = {}, {}, {}

local function move(name, old, new)
  local ends = '\n([^\n]*)\n([^\n]*)$'
  local before, timed = string.match(old, ends)
  local after, times = string.match(new, ends)
  local left = {}
  for place in string.gmatch(before or '', '[^\t]+') do
    left[place] = true
  end
  for place in string.gmatch(after, '[^\t]+') do
    if left[place] then
      left[place] = nil
    else
      take[#take + 1] = '0'
      take[#take + 1] = place
    end
  end
  for place in pairs(left) do
    leave[#leave + 1] = place
  end
  if timed == '+' and times == '' then
    timeless[#timeless + 1] = name
  end
end

for i = changes, changesEnd, 3 do
  local old, new = heads[(i - changes) / 3 + 1] or '', ARGV[i + 2]
  if string.sub(old, -#new) ~= new then
    move(ARGV[i], old, new)
  end
end

from, to = group()
if from <= to then redis.call('HSET', KEYS[1], unpack(ARGV, from, to)) end
from, to = group()
if from <= to then redis.call('HDEL', KEYS[1], unpack(ARGV, from, to)) end
if #leave > 0 then redis.call('ZREM', KEYS[2], unpack(leave)) end
if #take > 0 then redis.call('ZADD', KEYS[2], unpack(take)) end
if #timeless > 0 then redis.call('ZREM', KEYS[3], unpack(timeless)) end
from, to = group()
if from <= to then redis.call('ZADD', KEYS[3], unpack(ARGV, from, to)) end

from, to = group()
for i = from, to, 2 do
  local name, earlier = ARGV[i], ARGV[i + 1]
  local head = redis.call('HGET', KEYS[1], 'head:' .. name)
  if head then
    redis.call('ZADD', KEYS[3], 'LT', earlier, name)
    if string.sub(head, -1) ~= '+' then
      redis.call('HSET', KEYS[1], 'head:' .. name, head .. '+')
    end
  end
end

from, to = group()
while from <= to do
  local key, count = tonumber(ARGV[from + 1]), tonumber(ARGV[from + 2])
  redis.call(ARGV[from], KEYS[key], unpack(ARGV, from + 3, from + 2 + count))
  from = from + 3 + count
end

-- Tell the nodes, each in one message.

local order, told = {}, {}
from, to = group()
for i = from, to, 2 do
  local nodes = string.sub(ARGV[i], 2)
  if string.byte(ARGV[i]) ~= 64 then -- '@'
    nodes = string.match(heads[tonumber(ARGV[i])] or '', '\n([^\n]*)') or ''
  end
  for node in string.gmatch(nodes, '%S+') do
    if not told[node] then
      order[#order + 1], told[node] = node, {}
    end
    table.insert(told[node], ARGV[i + 1])
  end
end
for _, node in ipairs(order) do
  redis.call(publish, channels .. node, table.concat(told[node]))
end
return 1
