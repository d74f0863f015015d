import { hash } from 'node:crypto'
import { memoize } from '../../util/memoize.ts'
import { type Bounds, LIMITS, NOT_COUNTED } from '../store.ts'

/** Milliseconds for which the reply to a command is kept, so that it can be sent again when its connection breaks. */
const REPLY_TTL = 10_000

// KEYS[1] is the prefix of all keys. ARGV: a token that is unique to this command, the session, and the arguments of
// the script. Each part of a session has its own key. Sums over all sessions are stored too, so that checking a limit
// needs no search.
const COMMON = `
local P, token, name = KEYS[1], ARGV[1], ARGV[2]
local ABOUT, SESSIONS, WEIGHTS = P .. ':about', P .. ':sessions', P .. ':weights'
local SCRIPTS, TOTAL, FORGOTTEN = P .. ':scripts', P .. ':total', P .. ':forgotten'
local MARKED = P .. ':marked'
local SHARED = { ABOUT, SESSIONS, WEIGHTS, SCRIPTS, MARKED, TOTAL, FORGOTTEN }
local PARTS = { 'session', 'counters', 'script', 'left', 'journal', 'exchanges', 'marks' }
local call = redis.call

local function key(part, session) return P .. ':' .. part .. ':' .. session end
local function whole(number) return string.format('%.0f', number) end

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

local time = call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

-- Ids grow and are unique, even if the store has lost its data meanwhile.
local function nextId()
  local id = whole(math.max(now, tonumber(call('HGET', ABOUT, 'ids') or 0) + 1))
  call('HSET', ABOUT, 'ids', id)
  return id
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
local function once(act)
  local done = call('GET', P .. ':done:' .. token)
  if done then return cjson.decode(done) end
  local reply = act()
  call('SET', P .. ':done:' .. token, cjson.encode(reply), 'PX', REPLY_TTL)
  return reply
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

local function add(counts, field)
  if call('HEXISTS', counts, field) == 0 and call('HLEN', counts) >= MAX_MARKS then return 1 end
  return call('HINCRBY', counts, field, 1)
end

-- Counts the marks from ARGV[4] on, of which "room" may be new. Returns how many are.
local function addMarks(counts, room)
  local before = call('HLEN', counts)
  local size, most = before, math.min(MAX_MARKS, before + room)
  for i = 4, #ARGV do
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

// The scripts. Most return nothing.
const BODIES = {
  open: `
use()
local nth = once(function() return call('HINCRBY', key('session', name), 'requests', 1) end)
return { nth, call('HGET', key('session', name), 'generation'), call('HGETALL', key('left', name)), call('HGETALL', key('script', name)) }`,

  // ARGV: the generation, and the counter.
  count: `
if isOutdated(ARGV[3]) then return 1 end
use()
return once(function() return add(key('counters', name), ARGV[4]) end)`,

  // ARGV: JSON and number of times of each entry.
  script: `
use()
return once(function()
  local bytes = 0
  for i = 3, #ARGV, 2 do bytes = bytes + #ARGV[i] end
  if call('HLEN', key('left', name)) + (#ARGV - 2) / 2 > MAX_ENTRIES then return 'entries' end
  if weightOf(SCRIPTS, name) + bytes > MAX_SCRIPT_BYTES then return 'bytes' end
  if tonumber(call('HGET', ABOUT, 'scripts') or 0) + bytes > MAX_SCRIPTS_BYTES then return 'all' end
  for i = 3, #ARGV, 2 do
    local id = nextId()
    call('HSET', key('script', name), id, ARGV[i])
    call('HSET', key('left', name), id, ARGV[i + 1])
  end
  weigh(SCRIPTS, 'scripts', name, bytes)
  return ''
end)`,

  scripted: `return { call('HGETALL', key('left', name)), call('HGETALL', key('script', name)) }`,

  // ARGV: ids. Takes from the first that has a response left.
  take: `
use()
return once(function()
  for i = 3, #ARGV do
    local left = tonumber(call('HGET', key('left', name), ARGV[i]) or 0)
    if left > 1 then call('HINCRBY', key('left', name), ARGV[i], -1) end
    if left == 1 then
      weigh(SCRIPTS, 'scripts', name, -call('HSTRLEN', key('script', name), ARGV[i]))
      call('HDEL', key('left', name), ARGV[i])
      call('HDEL', key('script', name), ARGV[i])
    end
    if left > 0 then return { ARGV[i], left } end
  end
  return {}
end)`,

  // ARGV: the generation, and the bytes.
  record: `
if isOutdated(ARGV[3]) then return { '0', {} } end
use()
return once(function()
  local id, size = nextId(), #ARGV[4]
  while MAX_EXCHANGES > 0 and call('XLEN', key('journal', name)) >= MAX_EXCHANGES do drop(name) end
  call('XADD', key('journal', name), 'MAXLEN', MAX_EXCHANGES, id .. '-0', 'bytes', ARGV[4])
  if MAX_EXCHANGES > 0 then
    call('HSET', key('exchanges', name), id, size)
    weigh(WEIGHTS, 'bytes', name, size)
  end
  while tonumber(call('HGET', ABOUT, 'bytes') or 0) > MAX_BYTES do
    local most = call('ZREVRANGE', WEIGHTS, 0, 0)[1]
    if not most and call('XLEN', key('journal', name)) == 0 then call('HSET', ABOUT, 'bytes', 0) break end
    drop(most or name)
  end
  local forgotten = call('LRANGE', FORGOTTEN, 0, -1)
  call('DEL', FORGOTTEN)
  return { id, forgotten }
end)`,

  // ARGV: the id, and the ending as JSON.
  end: `
local about = call('HGET', key('exchanges', name), ARGV[3])
if about then call('HSET', key('exchanges', name), ARGV[3], string.match(about, '^%d+') .. ' ' .. ARGV[4]) end`,

  // ARGV: the generation, and the marks.
  mark: `
local isOld = isOutdated(ARGV[3])
if not isOld then use() end
return once(function()
  addMarks(TOTAL, MAX_MARKS)
  if isOld then return 0 end
  local room = MAX_ALL_MARKS - tonumber(call('HGET', ABOUT, 'marks') or 0)
  weigh(MARKED, 'marks', name, addMarks(key('marks', name), room))
  return 0
end)`,

  // ARGV: ids.
  erase: `
for i = 3, #ARGV do erase(name, ARGV[i]) end`,

  eraseAll: `
call('UNLINK', key('journal', name), key('exchanges', name))
weigh(WEIGHTS, 'bytes', name, -weightOf(WEIGHTS, name))`,

  reset: `forget(name)`,

  resetAll: `
for _, session in ipairs(call('ZRANGE', SESSIONS, 0, -1)) do forget(session) end`,

  // Also writes: a store that refuses writes is not ready.
  size: `
purge()
call('SET', P .. ':probe', '1', 'PX', 1000)
local exchanges = 0
for _, session in ipairs(call('ZRANGE', SESSIONS, 0, -1)) do exchanges = exchanges + call('XLEN', key('journal', session)) end
return { call('ZCARD', SESSIONS), exchanges, call('HGET', ABOUT, 'bytes') or '0' }`,
}

/** The name of a script. */
export type Program = keyof typeof BODIES

/** The Lua scripts for these limits. `ttl` is the number of seconds after which unused data is deleted. */
export function toPrograms(
  bounds: Required<Bounds> & { readonly ttl: number },
): (name: Program) => { readonly source: string; readonly sha: string } {
  const values = {
    TTL: bounds.ttl,
    REPLY_TTL,
    MAX_FORGOTTEN: LIMITS.forgotten,
    MAX_MARKS: LIMITS.marks,
    MAX_ALL_MARKS: LIMITS.allMarks,
    NOT_COUNTED: `'${NOT_COUNTED}'`,
    MAX_ENTRIES: LIMITS.entries,
    MAX_SCRIPT_BYTES: LIMITS.scriptBytes,
    MAX_SCRIPTS_BYTES: LIMITS.allScripts,
    MAX_EXCHANGES: bounds.exchanges,
    MAX_SESSIONS: bounds.sessions,
    MAX_BYTES: bounds.bytes,
  }
  const constants = `local ${Object.keys(values).join(', ')} = ${Object.values(values).join(', ')}`
  const toProgram = (name: Program): { readonly source: string; readonly sha: string } => {
    const source = `${constants}\n${COMMON}\nlocal function act()\n${BODIES[name]}\nend\nlocal reply = act()\nextendTtl()\nreturn reply`
    return { source, sha: hash('sha1', source, 'hex') }
  }
  return memoize(toProgram, { keyOf: String, max: Object.keys(BODIES).length })
}
