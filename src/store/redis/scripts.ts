import { hash } from 'node:crypto'
import type { Bounds } from '../store.ts'
import { MAX_MARKS, MAX_SCRIPT_BYTES, MAX_SCRIPTED, MAX_SCRIPTS_BYTES, MAX_TOLD } from '../store.ts'

/** A program that Redis runs as one step: nobody sees it half done. */
export interface Lua {
  readonly source: string
  readonly sha: string
}

/** Milliseconds for which it is known what a command did, so that it can be sent again when its reply was lost. */
const KNOWN = 10_000

// KEYS[1] begins the name of every key. ARGV: whatever names this command alone, the session, its epoch, and what is below.
// A session's parts are one key each; what is of all sessions is summed up beside them, so that no bound needs a search.
const COMMON = `
local P, token, name, epoch = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local ABOUT, SESSIONS, WEIGHTS, SCRIPTS, TOTAL, FORGOTTEN = P .. ':about', P .. ':sessions', P .. ':weights', P .. ':scripts', P .. ':total', P .. ':forgotten'
local SHARED = { ABOUT, SESSIONS, WEIGHTS, SCRIPTS, TOTAL, FORGOTTEN }
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
  call('ZREM', SESSIONS, session)
end

local time = call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

-- Grows, and no id comes twice, not even when all was lost meanwhile.
local function nextId()
  local id = whole(math.max(now, tonumber(call('HGET', ABOUT, 'ids') or 0) + 1))
  call('HSET', ABOUT, 'ids', id)
  return id
end

-- Its keys are gone by themselves; now it is counted no more.
local function purge()
  for _, session in ipairs(call('ZRANGEBYSCORE', SESSIONS, '-inf', whole(now - TTL * 1000000))) do forget(session) end
end

-- Whether the session was reset since: then this comes too late.
local function isLate() return epoch ~= '' and call('HGET', key('session', name), 'epoch') ~= epoch end

-- The session is the one that was used last; for a new one the one that was idle longest goes.
local isUsed = false
local function find()
  isUsed = true
  purge()
  local newest = tonumber(call('ZREVRANGE', SESSIONS, 0, 0, 'WITHSCORES')[2] or 0)
  call('ZADD', SESSIONS, whole(math.max(now, newest + 1)), name)
  if call('HEXISTS', key('session', name), 'epoch') == 0 then call('HSET', key('session', name), 'epoch', nextId()) end
  while call('ZCARD', SESSIONS) > MOST_SESSIONS do
    local idle = call('ZRANGE', SESSIONS, 0, 0)[1]
    forget(idle)
    if call('LLEN', FORGOTTEN) < MAX_TOLD then call('RPUSH', FORGOTTEN, idle) end
  end
end

-- Does it, unless this very command has done it before.
local function once(act)
  local done = call('GET', P .. ':done:' .. token)
  if done then return cjson.decode(done) end
  local reply = act()
  call('SET', P .. ':done:' .. token, cjson.encode(reply), 'PX', KNOWN)
  return reply
end

local function erase(session, id)
  local size = tonumber(string.match(call('HGET', key('exchanges', session), id) or '0', '^%d+'))
  call('XDEL', key('journal', session), id .. '-0')
  call('HDEL', key('exchanges', session), id)
  weigh(WEIGHTS, 'bytes', session, -size)
end

-- The oldest Exchange of a session; where there is none, what it was said to weigh.
local function drop(session)
  local oldest = call('XRANGE', key('journal', session), '-', '+', 'COUNT', 1)[1]
  if oldest then erase(session, string.match(oldest[1], '^%d+')) else weigh(WEIGHTS, 'bytes', session, -weightOf(WEIGHTS, session)) end
end

local function add(counts, field)
  if call('HEXISTS', counts, field) == 0 and call('HLEN', counts) >= MAX_MARKS then return 1 end
  return call('HINCRBY', counts, field, 1)
end

local function keep()
  for _, shared in ipairs(SHARED) do call('EXPIRE', shared, TTL) end
  if not isUsed then return end
  for _, part in ipairs(PARTS) do call('EXPIRE', key(part, name), TTL) end
end
`

// What each does; what it gives is the reply. Those that write keep alive what they wrote.
const BODIES = {
  open: `
find()
local nth = once(function() return call('HINCRBY', key('session', name), 'requests', 1) end)
return { nth, call('HGET', key('session', name), 'epoch'), call('HGETALL', key('left', name)), call('HGETALL', key('script', name)) }`,

  count: `
if isLate() then return 1 end
find()
return once(function() return add(key('counters', name), ARGV[4]) end)`,

  // ARGV: JSON and how often, in turns.
  script: `
find()
return once(function()
  local bytes = 0
  for i = 4, #ARGV, 2 do bytes = bytes + #ARGV[i] end
  if call('HLEN', key('left', name)) + (#ARGV - 3) / 2 > MAX_SCRIPTED then return 'entries' end
  if weightOf(SCRIPTS, name) + bytes > MAX_SCRIPT_BYTES then return 'bytes' end
  if tonumber(call('HGET', ABOUT, 'scripts') or 0) + bytes > MAX_SCRIPTS_BYTES then return 'all' end
  for i = 4, #ARGV, 2 do
    local id = nextId()
    call('HSET', key('script', name), id, ARGV[i])
    call('HSET', key('left', name), id, ARGV[i + 1])
  end
  weigh(SCRIPTS, 'scripts', name, bytes)
  return ''
end)`,

  scripted: `return { call('HGETALL', key('left', name)), call('HGETALL', key('script', name)) }`,

  // ARGV: ids; the first that has an answer left.
  take: `
find()
return once(function()
  for i = 4, #ARGV do
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

  // ARGV: the bytes.
  record: `
if isLate() then return { '0', {} } end
find()
return once(function()
  local id, size = nextId(), #ARGV[4]
  while MOST_EXCHANGES > 0 and call('XLEN', key('journal', name)) >= MOST_EXCHANGES do drop(name) end
  call('XADD', key('journal', name), 'MAXLEN', MOST_EXCHANGES, id .. '-0', 'bytes', ARGV[4])
  if MOST_EXCHANGES > 0 then
    call('HSET', key('exchanges', name), id, size)
    weigh(WEIGHTS, 'bytes', name, size)
  end
  while tonumber(call('HGET', ABOUT, 'bytes') or 0) > MOST_BYTES do
    local most = call('ZREVRANGE', WEIGHTS, 0, 0)[1]
    if not most and call('XLEN', key('journal', name)) == 0 then call('HSET', ABOUT, 'bytes', 0) break end
    drop(most or name)
  end
  local forgotten = call('LRANGE', FORGOTTEN, 0, -1)
  call('DEL', FORGOTTEN)
  return { id, forgotten }
end)`,

  // ARGV: the id, and the ending as JSON.
  finish: `
local about = call('HGET', key('exchanges', name), ARGV[4])
if about then call('HSET', key('exchanges', name), ARGV[4], string.match(about, '^%d+') .. ' ' .. ARGV[5]) end
return 0`,

  // ARGV: the marks.
  mark: `
local isOver = isLate()
if not isOver then find() end
return once(function()
  for i = 4, #ARGV do
    if not isOver then add(key('marks', name), ARGV[i]) end
    add(TOTAL, ARGV[i])
  end
  return 0
end)`,

  // ARGV: ids.
  erase: `
for i = 4, #ARGV do erase(name, ARGV[i]) end
return 0`,

  eraseAll: `
call('UNLINK', key('journal', name), key('exchanges', name))
weigh(WEIGHTS, 'bytes', name, -weightOf(WEIGHTS, name))
return 0`,

  reset: `
forget(name)
return 0`,

  resetAll: `
for _, session in ipairs(call('ZRANGE', SESSIONS, 0, -1)) do forget(session) end
return 0`,

  // It also writes: a store that refuses that is not ready.
  size: `
purge()
call('SET', P .. ':probe', '1', 'PX', 1000)
local exchanges = 0
for _, session in ipairs(call('ZRANGE', SESSIONS, 0, -1)) do exchanges = exchanges + call('XLEN', key('journal', session)) end
return { call('ZCARD', SESSIONS), exchanges, call('HGET', ABOUT, 'bytes') or '0' }`,
}

/** A program's name. */
export type Program = keyof typeof BODIES

/** The programs, for these bounds and the seconds for which it is kept what nobody uses. */
export function toPrograms({
  exchanges,
  sessions,
  bytes,
  ttl,
}: Required<Bounds> & { readonly ttl: number }): (name: Program) => Lua {
  const values = {
    TTL: ttl,
    KNOWN,
    MAX_TOLD,
    MAX_MARKS,
    MAX_SCRIPTED,
    MAX_SCRIPT_BYTES,
    MAX_SCRIPTS_BYTES,
    MOST_EXCHANGES: exchanges,
    MOST_SESSIONS: sessions,
    MOST_BYTES: bytes,
  }
  const constants = `local ${Object.keys(values).join(', ')} = ${Object.values(values).join(', ')}`
  const made = new Map<Program, Lua>()
  return (name) => {
    const known = made.get(name)
    if (known !== undefined) return known
    const source = `${constants}\n${COMMON}\nlocal function act()\n${BODIES[name]}\nend\nlocal reply = act()\nkeep()\nreturn reply`
    const lua = { source, sha: hash('sha1', source, 'hex') }
    made.set(name, lua)
    return lua
  }
}
