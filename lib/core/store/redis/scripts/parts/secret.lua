-- The secret that pushes are signed with: 43 characters that only those who can read this store know.
-- If there is none, the given one is stored; false if that is impossible.
local SECRET_LENGTH = 43

local function secret(key, new)
  local known = redis.pcall('GET', key)
  if type(known) == 'string' and #known == SECRET_LENGTH then return known end
  if type(known) == 'table' and not is_misfit(known) then return false end
  local done = new and redis.pcall('SET', key, new)
  return done and not done.err and new
end

-- Signs a text with a secret. Both hashes are over texts of a fixed form: without the secret neither can be extended.
local function sign(known, text)
  return redis.sha1hex(known .. redis.sha1hex(known .. text))
end
