-- Seconds since Redis started; -1 when it does not say.
local function uptime()
  local info = redis.pcall('INFO', 'server')
  return tonumber(type(info) == 'string' and string.match(info, 'uptime_in_seconds:(%d+)') or '-1')
end
