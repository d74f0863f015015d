// @ts-check
import { sendAndWait, toRequest } from '../raw-client.js'

const REQUESTS = 20_000
const BODY = '{"model":"flux","messages":[{"role":"user","content":"a fox"}]}'

/** @type {import('../attacks.js').Attack} */
export default {
  title: '20,000 requests whose responses wait, pipelined on one connection',
  run: async ({ url }, scale) => sendAndWait(url, toRequest(BODY, 'X-Mock-Pace: 10\r\n').repeat(REQUESTS * scale), 5),
}
