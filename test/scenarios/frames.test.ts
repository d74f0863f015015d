import { profiles } from '#prepared'
import { expect, test } from 'vitest'
import { profileOf } from '../../src/chat/profile.ts'
import { readChat } from '../../src/chat/reply.ts'
import { applyScenario } from '../../src/scenarios/apply.ts'
import type { Then } from '../../src/scenarios/scenario.ts'
import { type Frame, isStream, joinedFrames, totalsOf } from '../../src/util/reply.ts'

const BODY = { model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content: 'a fox' }] }

test.each<[pace: number, then: Then]>([
  [0, {}],
  [0, { frames: 'bytes' }],
  [1, { frames: 'tight' }],
  [1000, {}],
  [1000, { frames: 'bytes' }],
  [1000, { frames: 'crlf' }],
])('the totals of a stream at pace %d are those of its frames: %o', async (pace, then) => {
  const profile = profileOf(profiles, BODY.model)
  const chat = await readChat(BODY, {
    profile,
    base: 'http://mock.invalid',
    seed: '0',
    created: 1,
    pace,
    dialect: 'openai',
  })
  const respond = async () => chat.reply(async () => new Uint8Array())
  const format = { dialect: 'openai', requestId: '1' } as const
  const subject = { format, rejection: undefined, chat: undefined, respond }
  const { body } = await applyScenario({ name: 'test', why: 'test', then }, subject)
  if (!isStream(body)) throw new TypeError('no stream')
  const frames: Frame[] = [...body]
  const { held, sent } = totalsOf(body)
  const bytes = frames.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0)
  expect(sent, 'rather too many than too few').toBeGreaterThanOrEqual(bytes)
  expect(sent).toBeLessThan(1.3 * bytes)
  const joined = [...joinedFrames(body)]
  const textOf = (all: readonly Frame[]): string => Buffer.concat(all.map(({ data }) => Buffer.from(data))).toString()
  expect(textOf(joined)).toBe(textOf(frames))
  const waitOf = (all: readonly Frame[]): number => all.reduce((sum, { wait }) => sum + wait, 0)
  expect(waitOf(joined)).toBeCloseTo(waitOf(frames))
  if (then.frames === 'bytes') expect(joined.length).toBeLessThan(frames.length / 1.2)
  expect(held, 'thousands of frames are not held').toBeLessThan(40_000)
  expect(held, 'their text is').toBeGreaterThan(5000)
})
