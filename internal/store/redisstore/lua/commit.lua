-- commit replaces documents as a whole, with their places and times, and tells nodes of it; or it does nothing.
--
-- KEYS  1  documents: HASH of documents by name
--       2  places: ZSET of the places of all documents, every score 0
--       3  due: ZSET of names by time in microseconds
--       4+ what the writes write to
-- ARGV  command that publishes; prefix of the nodes' channels; token of this commit
--       count of documents; for each: name, expected version (0: there is none), time ('': never), document ('': it goes)
--       count of wakes; for each: name, time
--       count of writes; for each: command, index in KEYS, count of arguments, arguments
--       for each message until the end: name of the recipient's document, message
-- Result  1 done, also when this very commit was done before; 0 refused, a version is not the expected one
--
-- A document is four lines: version and token of the commit that wrote it, separated by a space; nodes that are told what
-- is for it, separated by spaces; its places, separated by tabs; the body.

local at = 0
local function arg()
  at = at + 1
  return ARGV[at]
end

local function parse(document)
  return string.match(document, '^(%d+) (%w+)\n([^\n]*)\n([^\n]*)\n')
end

local publish, channels, token = arg(), arg(), arg()

-- Read what is there, and compare.

local names, changes = {}, {}
for i = 1, tonumber(arg()) do
  names[i] = arg()
  changes[i] = { was = arg(), due = arg(), document = arg() }
end

local nodes = {} -- by name, as of this commit
if #names > 0 then
  local stale, own = false, false
  for i, old in ipairs(redis.call('HMGET', KEYS[1], unpack(names))) do
    local change, version, by = changes[i], '0', nil
    if old then
      version, by, nodes[names[i]], change.places = parse(old)
    end
    stale = stale or version ~= change.was
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

local set, gone, leave, take, time, timeless = {}, {}, {}, {}, {}, {}
for i, change in ipairs(changes) do
  local name, old, new = names[i], change.places or '', ''
  nodes[name] = ''
  if change.document == '' then
    gone[#gone + 1] = name
  else
    local _
    _, _, nodes[name], new = parse(change.document)
    set[#set + 1] = name
    set[#set + 1] = change.document
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
  if change.due == '' then
    timeless[#timeless + 1] = name
  else
    time[#time + 1] = change.due
    time[#time + 1] = name
  end
end
if #set > 0 then redis.call('HSET', KEYS[1], unpack(set)) end
if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
if #leave > 0 then redis.call('ZREM', KEYS[2], unpack(leave)) end
if #take > 0 then redis.call('ZADD', KEYS[2], unpack(take)) end
if #time > 0 then redis.call('ZADD', KEYS[3], unpack(time)) end
if #timeless > 0 then redis.call('ZREM', KEYS[3], unpack(timeless)) end

for _ = 1, tonumber(arg()) do
  local name, earlier = arg(), arg()
  if redis.call('HEXISTS', KEYS[1], name) == 1 then
    redis.call('ZADD', KEYS[3], 'LT', earlier, name)
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
  if not nodes[name] then
    nodes[name] = ''
    unknown[#unknown + 1] = name
  end
end
if #unknown > 0 then
  for i, document in ipairs(redis.call('HMGET', KEYS[1], unpack(unknown))) do
    if document then
      local _
      _, _, nodes[unknown[i]] = parse(document)
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
