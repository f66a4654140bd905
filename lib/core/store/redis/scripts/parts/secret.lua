-- The secret that pushes are signed with: 43 characters that only who can read this store knows.
-- Without one, the new one given becomes it; false where it cannot be.
local SECRET_LENGTH = 43

local function secret(key, new)
  local known = redis.pcall('GET', key)
  if type(known) == 'string' and #known == SECRET_LENGTH then return known end
  local done = new and redis.pcall('SET', key, new)
  return done and not done.err and new
end

-- Signs a text with a secret. Both hashes are over texts of a fixed form: neither can be prolonged by who does not know
-- the secret.
local function sign(known, text)
  return redis.sha1hex(known .. redis.sha1hex(known .. text))
end
