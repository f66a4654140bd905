-- Whether a key holds something of another type: that can be replaced. After any other error nobody knows what is there; without a
-- permission, say.
local function is_misfit(answer)
  return type(answer) == 'table' and answer.err ~= nil and string.match(answer.err, 'WRONGTYPE') ~= nil
end

-- The answer of a command about a key; nil if that holds something of another type.
local function asked(command, key)
  local answer = redis.pcall(command, key)
  if type(answer) ~= 'table' or not answer.err then return answer end
  if not is_misfit(answer) then redis.call(command, key) end
  return nil
end
