// @ts-check
import { sendAndWait, toRequest } from '../raw-client.js'

const STREAMS = 1000
const BODY = '{"model":"gpt-4o-image","stream":true,"messages":[{"role":"user","content":"a fox"}]}'

/** @type {import('../attacks.js').Attack} */
export default {
  title: '1,000 streams that last for days, pipelined on one connection',
  run: async ({ url }, scale) => sendAndWait(url, toRequest(BODY, 'X-Mock-Pace: 1000\r\n').repeat(STREAMS * scale), 3),
}
