-- What Redis says of itself, '' when it does not. Making it up takes longer than all else that is done in a heartbeat.
local function server_info()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and info or ''
end

-- Seconds since Redis started; -1 when it does not say.
local function uptime(info)
  return tonumber(string.match(info or server_info(), 'uptime_in_seconds:(%d+)') or '-1')
end
