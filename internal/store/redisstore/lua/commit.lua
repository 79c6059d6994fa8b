-- commit replaces documents as a whole, with their places and times, and tells nodes of it; or it does nothing.
--
-- KEYS  1  heads: HASH of what is needed to replace a document, by its name
--       2  documents: HASH of the documents themselves, by name
--       3  places: ZSET of the places of all documents, every score 0
--       4  due: ZSET of names by time in microseconds
--       5+ what the writes write to
-- ARGV  time after which it is too late, in microseconds; time ('': the server's)
--       command that publishes; prefix of the nodes' channels; token of this commit
--       count of documents; for each: name, expected version (0: there is none), time ('': never), head ('': it goes),
--         document
--       count of wakes; for each: name, time
--       count of writes; for each: command, index in KEYS, count of arguments, arguments
--       for each message until the end: name of the recipient's document or '@' and a node, message
-- Result  1 done, also when this very commit was done before; 0 refused, a version is not the expected one; 2 refused, it
--         came too late
--
-- A head is three lines: version of the document and token of the commit that wrote it, separated by a space; nodes that
-- are told what is for it, separated by spaces; its places, separated by tabs.

if moment(ARGV[2]) > tonumber(ARGV[1]) then
  return 2
end
local publish, channels, token, count = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])

-- The arguments of change i begin at 2 + 5 * i. They are read in place: tables for them would have to be collected.
local NAME, WAS, DUE, HEAD, DOCUMENT = 2, 3, 4, 5, 6

local at = 6 + 5 * count -- the last argument that was taken
local function arg()
  at = at + 1
  return ARGV[at]
end

local function parse(head)
  return string.match(head, '^(%d+) (%w+)\n([^\n]*)\n([^\n]*)$')
end

-- Read what is there, and compare.

local names, places = {}, {} -- by change
local nodes = {} -- by name, as of this commit
if count > 0 then
  for i = 1, count do
    names[i] = ARGV[5 * i + NAME]
  end
  local stale, own = false, false
  for i, old in ipairs(redis.call('HMGET', KEYS[1], unpack(names))) do
    local version, by = '0', nil
    if old then
      version, by, nodes[names[i]], places[i] = parse(old)
    end
    stale = stale or version ~= ARGV[5 * i + WAS]
    own = own or by == token
  end
  if own then
    return 1
  end
  if stale then
    return 0
  end
end

-- Replace documents, places and times.

local heads, documents, gone, leave, take, time, timeless = {}, {}, {}, {}, {}, {}, {}
for i, name in ipairs(names) do
  local head, due, old, new = ARGV[5 * i + HEAD], ARGV[5 * i + DUE], places[i] or '', ''
  nodes[name] = ''
  if head == '' then
    gone[#gone + 1] = name
  else
    local _
    _, _, nodes[name], new = parse(head)
    heads[#heads + 1] = name
    heads[#heads + 1] = head
    documents[#documents + 1] = name
    documents[#documents + 1] = ARGV[5 * i + DOCUMENT]
  end
  if old ~= new then
    for place in string.gmatch(old, '[^\t]+') do
      leave[#leave + 1] = place
    end
    for place in string.gmatch(new, '[^\t]+') do
      take[#take + 1] = '0'
      take[#take + 1] = place
    end
  end
  if due == '' then
    timeless[#timeless + 1] = name
  else
    time[#time + 1] = due
    time[#time + 1] = name
  end
end
if #heads > 0 then
  redis.call('HSET', KEYS[1], unpack(heads))
  redis.call('HSET', KEYS[2], unpack(documents))
end
if #gone > 0 then
  redis.call('HDEL', KEYS[1], unpack(gone))
  redis.call('HDEL', KEYS[2], unpack(gone))
end
if #leave > 0 then redis.call('ZREM', KEYS[3], unpack(leave)) end
if #take > 0 then redis.call('ZADD', KEYS[3], unpack(take)) end
if #time > 0 then redis.call('ZADD', KEYS[4], unpack(time)) end
if #timeless > 0 then redis.call('ZREM', KEYS[4], unpack(timeless)) end

for _ = 1, tonumber(arg()) do
  local name, earlier = arg(), arg()
  if redis.call('HEXISTS', KEYS[1], name) == 1 then
    redis.call('ZADD', KEYS[4], 'LT', earlier, name)
  end
end

for _ = 1, tonumber(arg()) do
  local command, key, args = arg(), tonumber(arg()), {}
  for i = 1, tonumber(arg()) do
    args[i] = arg()
  end
  redis.call(command, KEYS[key], unpack(args))
end

-- Tell the nodes, each in one message.

local recipients, messages, unknown = {}, {}, {}
while at < #ARGV do
  local name = arg()
  recipients[#recipients + 1], messages[#messages + 1] = name, arg()
  if string.byte(name) == 64 then -- '@'
    nodes[name] = string.sub(name, 2)
  elseif not nodes[name] then
    nodes[name] = ''
    unknown[#unknown + 1] = name
  end
end
if #unknown > 0 then
  for i, head in ipairs(redis.call('HMGET', KEYS[1], unpack(unknown))) do
    if head then
      local _
      _, _, nodes[unknown[i]] = parse(head)
    end
  end
end
local order, told = {}, {}
for i, name in ipairs(recipients) do
  for node in string.gmatch(nodes[name], '%S+') do
    if not told[node] then
      order[#order + 1], told[node] = node, {}
    end
    table.insert(told[node], messages[i])
  end
end
for _, node in ipairs(order) do
  redis.call(publish, channels .. node, table.concat(told[node]))
end
return 1
