import { HEADER_LENGTH, MAX_BYTES } from '../../document/codec.js';

/*
 * Every script that writes takes a deadline on Redis' own clock and does nothing past it: a command that its sender has
 * given up on may still be on its way, and must not take effect later. Messages on the channel begin with a letter:
 * `s` the state changed, with the version before, a line feed and the document, unless that is long; `a` a replica or
 * a lease did.
 */

/** Longer documents are not pushed: who hears of one reads it. */
const MAX_PUSH_BYTES = 64 * 1024;

/** Version of the stored value: '' for none, header and length for ours, a digest for anything else. */
const PRELUDE = `
local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function stored(key)
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then return '', false end
  if kind ~= 'string' then return '!' .. kind, false end
  local size = redis.call('STRLEN', key)
  local head = redis.call('GETRANGE', key, 0, ${HEADER_LENGTH - 1})
  if size > ${MAX_BYTES} then return '^' .. size, false end
  if string.sub(head, 1, 7) == '{"v":1,' then return head .. '#' .. size, true end
  return '~' .. redis.sha1hex(redis.call('GET', key)), true
end
`;

/**
 * KEYS state, replicas, leases. ARGV known version, replica id ('' for none), presence after its write id and a bar,
 * lease ms, channel, '1' to wake those who wait for acknowledgements, deadline.
 * The last to apply what is stored wakes them: until then they would look in vain.
 * Returns clock, version, document or false, 1 when the presence was recorded and 2 when it had not been there, names and
 * ends of all leases, and for a presence that had not been there the seconds since Redis started (-1 when it does not say).
 */
export const SYNC = `${PRELUDE}
local function all_applied(replicas, version, now)
  local write = string.sub(version, ${HEADER_LENGTH - 22}, ${HEADER_LENGTH - 1})
  for _, entry in ipairs(redis.call('HVALS', replicas)) do
    local stop, applied = string.match(entry, '^(%d+)|%d+|([^|]*)|')
    if stop and tonumber(stop) > now and applied ~= write then return false end
  end
  return true
end
local function uptime()
  local info = redis.pcall('INFO', 'server')
  return tonumber(type(info) == 'string' and string.match(info, 'uptime_in_seconds:(%d+)') or '-1')
end
local now = clock()
local present = 0
local up = -1
local version, readable = stored(KEYS[1])
if ARGV[2] ~= '' and now <= tonumber(ARGV[7]) then
  local entry = (now + tonumber(ARGV[4])) .. '|' .. now .. '|' .. ARGV[3]
  local done = redis.pcall('HSET', KEYS[2], ARGV[2], entry)
  if type(done) == 'number' then
    present = 1 + done
    if done == 1 then up = uptime() end
    if ARGV[6] == '1' and all_applied(KEYS[2], version, now) then redis.pcall('PUBLISH', ARGV[5], 'a') end
  end
end
local document = false
if readable and version ~= ARGV[1] then document = redis.call('GET', KEYS[1]) end
local leases = redis.pcall('HGETALL', KEYS[3])
if leases.err then leases = {} end
return { now, version, document, present, leases, up }
`;

/**
 * KEYS state. ARGV expected version, document, channel, deadline.
 * Returns 'written', 'conflict' or 'late', and the clock.
 */
export const WRITE = `${PRELUDE}
local now = clock()
if now > tonumber(ARGV[4]) then return { 'late', now } end
local version = stored(KEYS[1])
if version ~= ARGV[1] then return { 'conflict', now } end
redis.call('SET', KEYS[1], ARGV[2])
local news = #ARGV[2] > ${MAX_PUSH_BYTES} and 's' or 's' .. version .. '\\n' .. ARGV[2]
redis.pcall('PUBLISH', ARGV[3], news)
return { 'written', now }
`;

/**
 * KEYS leases, fences. ARGV token, lease ms, deadline, key, names. Takes all or none.
 * Returns 'taken', 'held' or 'late', and the fence.
 */
export const ACQUIRE = `${PRELUDE}
local now = clock()
if now > tonumber(ARGV[3]) then return { 'late', 0 } end
for i = 5, #ARGV do
  local token, stop = string.match(redis.call('HGET', KEYS[1], ARGV[i]) or '', '^(.-)|(%d+)$')
  if token and token ~= ARGV[1] and tonumber(stop) > now then return { 'held', 0 } end
end
local fence = math.max((tonumber(redis.call('HGET', KEYS[2], ARGV[4]) or '0') or 0) + 1, now)
redis.call('HSET', KEYS[2], ARGV[4], string.format('%.0f', fence))
for i = 5, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[1] .. '|' .. string.format('%.0f', now + tonumber(ARGV[2])))
end
return { 'taken', fence }
`;

/** KEYS leases. ARGV token, lease ms, deadline, names. Returns 1 when all were prolonged, 0 when one is lost, -1 when late. */
export const RENEW = `${PRELUDE}
local now = clock()
if now > tonumber(ARGV[3]) then return -1 end
for i = 4, #ARGV do
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  local token, stop = string.match(held or '', '^(.-)|(%d+)$')
  if token ~= ARGV[1] or tonumber(stop) <= now then return 0 end
end
for i = 4, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[1] .. '|' .. string.format('%.0f', now + tonumber(ARGV[2])))
end
return 1
`;

/** KEYS leases. ARGV token, channel, names. Releases what is the caller's, whenever it arrives. */
export const RELEASE = `
for i = 3, #ARGV do
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  if held and string.match(held, '^(.-)|') == ARGV[1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
redis.pcall('PUBLISH', ARGV[2], 'a')
return 1
`;

/** KEYS replicas. Returns the clock and all entries; those whose lease is over are dropped. */
export const REPLICAS = `${PRELUDE}
local now = clock()
local all = redis.call('HGETALL', KEYS[1])
local alive = {}
for i = 1, #all, 2 do
  if tonumber(string.match(all[i + 1], '^(%d+)|') or '0') > now then
    alive[#alive + 1] = all[i + 1]
  else
    redis.pcall('HDEL', KEYS[1], all[i])
  end
end
return { now, alive }
`;

/** KEYS replicas. ARGV replica id, channel. */
export const LEAVE = `
redis.call('HDEL', KEYS[1], ARGV[1])
redis.pcall('PUBLISH', ARGV[2], 'a')
return 1
`;
