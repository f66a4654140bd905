-- What Redis says about itself; '' if it does not. Composing that takes it longer than all the rest of a heartbeat.
local function server_info()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and info or ''
end

-- Seconds since Redis started, at least: it counts from the beginning of the second in which it did. -1 if it does not say.
local function uptime(info)
  local up = tonumber(string.match(info or server_info(), 'uptime_in_seconds:(%d+)') or '-1')
  return up > 0 and up - 1 or up
end
