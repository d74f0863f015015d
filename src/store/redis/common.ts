/**
 * The part that all scripts have in common.
 *
 * KEYS[1] is the prefix of all keys. ARGV: a token that is unique to this command, the session, the epoch that the mock
 * knows (empty: any), the time until which the script may run, and the arguments of the script. Each part of a session
 * has its own key. Sums over all sessions are stored too, so that checking a limit needs no search.
 *
 * An epoch is the id with which the data of a store begins. A new one begins when data was lost: see the script hello.
 */
export const COMMON = `
local P, token, name, epoch, deadline = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local ABOUT, SESSIONS, WEIGHTS = P .. ':about', P .. ':sessions', P .. ':weights'
local SCRIPTS, TOTAL, FORGOTTEN = P .. ':scripts', P .. ':total', P .. ':forgotten'
local MARKED = P .. ':marked'
local SHARED = { ABOUT, SESSIONS, WEIGHTS, SCRIPTS, MARKED, TOTAL, FORGOTTEN }
local PARTS = { 'session', 'counters', 'script', 'left', 'journal', 'exchanges', 'marks' }
local call = redis.call

local function key(part, session) return P .. ':' .. part .. ':' .. session end
local function whole(number) return string.format('%.0f', number) end

local time = call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
if now > deadline then return redis.error_reply('LATE ' .. whole(now)) end
local about = call('HMGET', ABOUT, 'epoch', 'ids', 'isLost', 'run')
if epoch ~= '' and epoch ~= about[1] then return redis.error_reply('EPOCH changed') end

-- Ids grow and are unique, even if the store has lost its data meanwhile. The last one tells how old the data is.
local ids = tonumber(about[2] or 0)
local function nextId()
  ids = math.max(now, ids + 1)
  return whole(ids)
end

-- The data with an id up to this one is lost. 0: no data, or none that would not have expired.
local function lostUpTo(stored, isLost)
  local id = tonumber(stored or 0)
  return isLost == '1' and id > now - TTL * 1000000 and id or 0
end
local lost = lostUpTo(about[1], about[3])

-- Whether data of the session may be lost. This ends when it is scripted or reset.
local function isForgotten() return lost > 0 and tonumber(call('HGET', key('session', name), 'generation') or 0) <= lost end

-- Fails if data of the session may be lost, or if the data with this id, which the mock knows, is lost.
local failure
local function fails(known)
  local id = tonumber(known or '')
  if lost > 0 and (id and id <= lost or not id and isForgotten()) then failure = 'FORGOTTEN session' end
  return failure
end

local function weigh(weights, sum, session, bytes)
  if bytes == 0 then return end
  if tonumber(call('ZINCRBY', weights, whole(bytes), session)) <= 0 then call('ZREM', weights, session) end
  call('HINCRBY', ABOUT, sum, whole(bytes))
end

local function weightOf(weights, session) return tonumber(call('ZSCORE', weights, session) or 0) end

local function forget(session)
  for _, part in ipairs(PARTS) do call('UNLINK', key(part, session)) end
  weigh(WEIGHTS, 'bytes', session, -weightOf(WEIGHTS, session))
  weigh(SCRIPTS, 'scripts', session, -weightOf(SCRIPTS, session))
  weigh(MARKED, 'marks', session, -weightOf(MARKED, session))
  call('ZREM', SESSIONS, session)
end

-- Removes sessions whose keys have expired from the sums.
local function purge()
  for _, session in ipairs(call('ZRANGEBYSCORE', SESSIONS, '-inf', whole(now - TTL * 1000000))) do forget(session) end
end

-- Whether the session was reset or evicted since a generation.
local function isOutdated(generation) return generation ~= '' and call('HGET', key('session', name), 'generation') ~= generation end

-- The session becomes the most recently used one. A new one may evict the least recently used one.
local isUsed = false
local function use()
  isUsed = true
  purge()
  local newest = tonumber(call('ZREVRANGE', SESSIONS, 0, 0, 'WITHSCORES')[2] or 0)
  call('ZADD', SESSIONS, whole(math.max(now, newest + 1)), name)
  if call('HEXISTS', key('session', name), 'generation') == 0 then call('HSET', key('session', name), 'generation', nextId()) end
  while call('ZCARD', SESSIONS) > MAX_SESSIONS do
    local idle = call('ZRANGE', SESSIONS, 0, 0)[1]
    forget(idle)
    if call('LLEN', FORGOTTEN) < MAX_FORGOTTEN then call('RPUSH', FORGOTTEN, idle) end
  end
end

-- Runs the function. If this command has run before, returns the earlier reply instead.
local DONE = P .. ':done:'
local function once(act)
  local done = call('GET', DONE .. token)
  if done then return cjson.decode(done) end
  local reply = act()
  call('SET', DONE .. token, cjson.encode(reply), 'PX', REPLY_TTL)
  return reply
end

-- Numbers are handed out one by one. The stored value is the current one, then those that were given back by undo,
-- separated by spaces. This splits off the first of these.
local function split(value) return string.match(value or '', '^(%d+) (%d+)(.*)$') end

local function removeEntry(id)
  weigh(SCRIPTS, 'scripts', name, -call('HSTRLEN', key('script', name), id))
  call('HDEL', key('left', name), id)
  call('HDEL', key('script', name), id)
end

local function erase(session, id)
  local size = tonumber(string.match(call('HGET', key('exchanges', session), id) or '0', '^%d+'))
  call('XDEL', key('journal', session), id .. '-0')
  call('HDEL', key('exchanges', session), id)
  weigh(WEIGHTS, 'bytes', session, -size)
end

-- Deletes the oldest exchange of a session; if there is none, the session's weight.
local function drop(session)
  local oldest = call('XRANGE', key('journal', session), '-', '+', 'COUNT', 1)[1]
  if oldest then erase(session, string.match(oldest[1], '^%d+')) else weigh(WEIGHTS, 'bytes', session, -weightOf(WEIGHTS, session)) end
end

-- Tells subscribers of a change. A user of the store may not be allowed to.
local function publish(kind, event)
  event.type, event.session = kind, event.session or name
  redis.pcall('PUBLISH', P .. ':events', cjson.encode(event))
end

local function add(counts, field)
  if call('HEXISTS', counts, field) == 0 and call('HLEN', counts) >= MAX_MARKS then return 1 end
  return call('HINCRBY', counts, field, 1)
end

-- Counts the marks from ARGV[6] on, of which "room" may be new. Returns how many are.
local function addMarks(counts, room)
  local before = call('HLEN', counts)
  local size, most = before, math.min(MAX_MARKS, before + room)
  for i = 6, #ARGV do
    local isCounted = size < most or call('HEXISTS', counts, ARGV[i]) == 1
    if call('HINCRBY', counts, isCounted and ARGV[i] or NOT_COUNTED, 1) == 1 then size = size + 1 end
  end
  return size - before
end

local function extendTtl()
  for _, shared in ipairs(SHARED) do call('EXPIRE', shared, TTL) end
  if not isUsed then return end
  for _, part in ipairs(PARTS) do call('EXPIRE', key(part, name), TTL) end
end
`
