// @ts-check
// What a mock costs inside a test suite: milliseconds until one is there, in a process that has had one before.
import { createMock, startMock } from 'chat-image-mock'
import { median } from './table.js'

const TIMES = 50
const body = JSON.stringify({
  model: 'gpt-4o-image',
  messages: [{ role: 'user', content: 'A red fox in the snow, at dawn' }],
})

/**
 * The median milliseconds of what is done again and again, the first times left out.
 * @param {() => Promise<{ close: () => Promise<void> }>} doing
 */
async function time(doing) {
  const times = []
  for (let n = -5; n < TIMES; n++) {
    const started = performance.now()
    const mock = await doing()
    if (n >= 0) times.push(performance.now() - started)
    await mock.close()
  }
  return median(times)
}

const create = await time(createMock)
const start = await time(async () => {
  const mock = await startMock()
  const response = await mock.fetch('/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  await response.arrayBuffer()
  return mock
})
process.stdout.write(`${JSON.stringify({ create, start })}\n`)
