import { hash } from 'node:crypto'
import { memoize } from '../../util/memoize.ts'
import { type Bounds, LIMITS, NOT_COUNTED } from '../store.ts'
import { COMMON } from './common.ts'

/** Milliseconds for which the reply to a command is kept, so that it can be sent again when its connection breaks. */
const REPLY_TTL = 10_000

// The scripts. Most return nothing.
const BODIES = {
  // ARGV: the epoch and the last id that the mock knows; 0 at first. Compares them with those of the store. If the store
  // is empty or has older data, or was started again without an append-only file, a new epoch begins. Returns the epoch,
  // whether data was lost before it, and the time.
  hello: `
local known, last = tonumber(ARGV[5]), tonumber(ARGV[6])
local function info(section, field)
  local text = redis.pcall('INFO', section)
  return type(text) == 'string' and string.match(text, field .. ':(%w+)') or false
end
local run, knownRun = info('server', 'run_id'), about[4]
local isRestarted = run and (knownRun or '') ~= '' and run ~= knownRun and info('persistence', 'aof_enabled') ~= '1'
local stored = tonumber(about[1] or 0)
local isOlder = known > stored or known == stored and last > ids
local isKnown = last > now - TTL * 1000000 -- otherwise the data that the mock knows has expired
ids = math.max(ids, last)
if stored == 0 or isRestarted or isOlder then
  call('HSET', ABOUT, 'epoch', nextId(), 'isLost', (isRestarted or isKnown) and '1' or '')
elseif known > 0 and known < stored and isKnown and about[3] == '' then
  call('HSET', ABOUT, 'isLost', '1') -- the epoch was begun by a mock that did not know the data before it
end
call('HSET', ABOUT, 'ids', whole(ids), 'run', run or '')
about = call('HMGET', ABOUT, 'epoch', 'isLost')
return { about[1], lostUpTo(about[1], about[2]) > 0 and '1' or '', whole(now) }`,

  // ARGV: a command whose reply did not arrive, its token, and its arguments; those of take with the JSON of each id. If
  // the command has run, what it took is given back and what it added is removed. If it has not, it will not.
  undo: `
local done = call('GET', DONE .. ARGV[6])
call('SET', DONE .. ARGV[6], '[]', 'PX', REPLY_TTL)
local reply = done and cjson.decode(done)
local generation = tonumber(call('HGET', key('session', name), 'generation') or '')
if not reply or not generation then return end
isUsed = true
if ARGV[5] == 'take' then
  local id, left = reply[1], reply[2]
  if not id or tonumber(id) < generation then return end
  local value = call('HGET', key('left', name), id)
  if value then call('HSET', key('left', name), id, value .. ' ' .. whole(left)) return end
  for i = 7, #ARGV, 2 do
    if ARGV[i] == id then
      call('HSET', key('script', name), id, ARGV[i + 1])
      call('HSET', key('left', name), id, '0 ' .. whole(left))
      weigh(SCRIPTS, 'scripts', name, #ARGV[i + 1])
    end
  end
elseif ARGV[5] == 'count' then
  local value = not isOutdated(ARGV[7]) and type(reply) == 'number' and call('HGET', key('counters', name), ARGV[8])
  if value then call('HSET', key('counters', name), ARGV[8], value .. ' ' .. whole(reply)) end
elseif ARGV[5] == 'record' then
  if reply[1] then erase(name, reply[1]) publish('deleted', { ids = { reply[1] } }) end
elseif ARGV[5] == 'script' and reply[2] then
  for i = 0, (#ARGV - 6) / 2 - 1 do removeEntry(whole(tonumber(reply[2]) + i)) end
end`,

  // Fails if data of the session may be lost.
  check: `fails()`,

  open: `
if fails() then return end
use()
local nth = once(function() return call('HINCRBY', key('session', name), 'requests', 1) end)
return { nth, call('HGET', key('session', name), 'generation'), call('HGETALL', key('left', name)), call('HGETALL', key('script', name)) }`,

  // ARGV: the generation, and the counter.
  count: `
if fails(ARGV[5]) then return end
if isOutdated(ARGV[5]) then return 1 end
use()
return once(function()
  local count, back, others = split(call('HGET', key('counters', name), ARGV[6]))
  if not back then return add(key('counters', name), ARGV[6]) end
  call('HSET', key('counters', name), ARGV[6], count .. others)
  return tonumber(back)
end)`,

  // ARGV: JSON and number of times of each entry. Returns the limit that is exceeded, or the id of the first entry.
  script: `
if isForgotten() then forget(name) end
use()
return once(function()
  local bytes = 0
  for i = 5, #ARGV, 2 do bytes = bytes + #ARGV[i] end
  if call('HLEN', key('left', name)) + (#ARGV - 4) / 2 > MAX_ENTRIES then return { 'entries' } end
  if weightOf(SCRIPTS, name) + bytes > MAX_SCRIPT_BYTES then return { 'bytes' } end
  if tonumber(call('HGET', ABOUT, 'scripts') or 0) + bytes > MAX_SCRIPTS_BYTES then return { 'all' } end
  local first = ids
  for i = 5, #ARGV, 2 do
    local id = nextId()
    if i == 5 then first = id end
    call('HSET', key('script', name), id, ARGV[i])
    call('HSET', key('left', name), id, ARGV[i + 1])
  end
  weigh(SCRIPTS, 'scripts', name, bytes)
  publish('script', {})
  return { '', first }
end)`,

  scripted: `
if fails() then return end
return { call('HGETALL', key('left', name)), call('HGETALL', key('script', name)) }`,

  // ARGV: ids. Takes from the first that has a response left.
  take: `
if fails(ARGV[5]) then return end
use()
return once(function()
  for i = 5, #ARGV do
    local value = call('HGET', key('left', name), ARGV[i])
    if value then
      local rest, left, others = split(value)
      if left then rest = rest .. others else rest, left = whole(tonumber(value) - 1), value end
      if rest == '0' then removeEntry(ARGV[i]) else call('HSET', key('left', name), ARGV[i], rest) end
      publish('script', {})
      return { ARGV[i], tonumber(left) }
    end
  end
  return {}
end)`,

  // ARGV: the generation, and the bytes.
  record: `
if fails(ARGV[5]) then return end
if isOutdated(ARGV[5]) then return { '0', {} } end
use()
return once(function()
  local id, size = nextId(), #ARGV[6]
  while MAX_EXCHANGES > 0 and call('XLEN', key('journal', name)) >= MAX_EXCHANGES do drop(name) end
  call('XADD', key('journal', name), 'MAXLEN', MAX_EXCHANGES, id .. '-0', 'bytes', ARGV[6])
  if MAX_EXCHANGES > 0 then
    call('HSET', key('exchanges', name), id, size)
    weigh(WEIGHTS, 'bytes', name, size)
  end
  while tonumber(call('HGET', ABOUT, 'bytes') or 0) > MAX_BYTES do
    local most = call('ZREVRANGE', WEIGHTS, 0, 0)[1]
    if not most and call('XLEN', key('journal', name)) == 0 then call('HSET', ABOUT, 'bytes', 0) break end
    drop(most or name)
  end
  publish('exchange', { id = id })
  local forgotten = call('LRANGE', FORGOTTEN, 0, -1)
  call('DEL', FORGOTTEN)
  return { id, forgotten }
end)`,

  // ARGV: the id, and the ending as JSON.
  end: `
local about = call('HGET', key('exchanges', name), ARGV[5])
if about then
  call('HSET', key('exchanges', name), ARGV[5], string.match(about, '^%d+') .. ' ' .. ARGV[6])
  publish('end', { id = ARGV[5], ending = ARGV[6] })
end`,

  // ARGV: the generation, and the marks.
  mark: `
if fails(ARGV[5]) then return end
local isOld = isOutdated(ARGV[5])
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
local ids = {}
for i = 5, #ARGV do
  erase(name, ARGV[i])
  ids[i - 4] = ARGV[i]
end
publish('deleted', { ids = ids })`,

  eraseAll: `
local isEmpty = call('XLEN', key('journal', name)) == 0
call('UNLINK', key('journal', name), key('exchanges', name))
weigh(WEIGHTS, 'bytes', name, -weightOf(WEIGHTS, name))
if not isEmpty then publish('deleted', {}) end`,

  reset: `
forget(name)
if lost > 0 then use() end
publish('reset', {})`,

  resetAll: `
for _, session in ipairs(call('ZRANGE', SESSIONS, 0, -1)) do forget(session) end
call('HSET', ABOUT, 'isLost', '0')
publish('resetAll', {})`,

  // Also writes: a store that refuses writes is not ready.
  size: `
purge()
call('SET', P .. ':probe', '1', 'PX', 1000)
local exchanges = 0
for _, session in ipairs(call('ZRANGE', SESSIONS, 0, -1)) do exchanges = exchanges + call('XLEN', key('journal', session)) end
return { call('ZCARD', SESSIONS), exchanges, call('HGET', ABOUT, 'bytes') or '0', whole(lost) }`,
}

/** The name of a script. */
export type Program = keyof typeof BODIES

/** The scripts that change no data. After any other one the store has a new last id. */
const READS: ReadonlySet<Program> = new Set(['hello', 'check', 'scripted', 'size'])

/**
 * The Lua scripts for these limits. `ttl` is the number of seconds after which unused data is deleted. A script returns
 * the last id of the store and its own reply, or one of these errors: LATE with the time of the store, EPOCH, FORGOTTEN.
 */
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
    const save = READS.has(name) ? '' : `nextId() call('HSET', ABOUT, 'ids', whole(ids))`
    const act = `local function act()\n${BODIES[name]}\nend\nlocal reply = act()`
    const source = `${constants}\n${COMMON}\n${act}\nif failure then return redis.error_reply(failure) end\n${save}\nextendTtl()\nreturn { whole(ids), reply or false }`
    return { source, sha: hash('sha1', source, 'hex') }
  }
  return memoize(toProgram, { keyOf: String, max: Object.keys(BODIES).length })
}
