// @ts-check
// Starts, uses and closes two hundred mocks. Prints heap sizes and open handles as JSON. Run with `node --expose-gc`.
import { once } from 'node:events'
import { request } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { connectMock, createMock, startMock } from 'chat-image-mock'

const init = { method: 'POST', headers: { 'content-type': 'application/json' } }
const body = JSON.stringify({ model: 'flux', stream: true, messages: [{ role: 'user', content: 'a fox' }] })

/**
 * Sends a request with node:http, because fetch of Node 20 keeps 25 KB for each address that it has used.
 * @param {string} url
 */
async function requestPort(url) {
  const clientRequest = request(`${url}/v1/chat/completions`, { ...init, agent: false }).end(body)
  const [response] = await once(clientRequest, 'response')
  await once(response.resume(), 'end')
}

/** @type {number[]} */
const heap = []
for (let n = 1; n <= 200; n++) {
  const mock = n % 2 === 0 ? await createMock() : await startMock()
  if (n % 2 === 0) await (await mock.fetch('/v1/chat/completions', { ...init, body })).text()
  else await requestPort(mock.url)
  if (n === 1) await (await connectMock(mock.url)).close()
  await mock.session().script('retry-503')
  await mock.exchanges()
  await mock.coverage()
  await mock.close()
  if (n % 50 !== 0) continue
  await turn()
  globalThis.gc?.()
  heap.push(process.memoryUsage().heapUsed)
}
// The standard streams are pipes. A closed socket disappears some turns later.
const handles = () => process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap')
for (let turns = 0; turns < 1000 && handles().length > 0; turns++) await turn()
process.stdout.write(JSON.stringify({ heap, handles: handles() }))
