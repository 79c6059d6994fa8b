-- Stands before the scripts that need the time. Lua's numbers hold microseconds since 1970 exactly, but print them
-- with 14 digits unless told otherwise.

local function whole(n)
  return string.format('%.0f', n)
end

-- moment returns the server's time in microseconds, or the given one: tests move time by hand.
local function moment(given)
  if given ~= '' then
    return tonumber(given)
  end
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end
