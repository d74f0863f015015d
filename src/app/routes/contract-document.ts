import { Hono } from 'hono'
import { type Reply, jsonReply } from '../../util/reply.ts'
import type { Env, MockContext } from '../context.ts'
import { send } from '../send.ts'
import { otherMethods } from './other-methods.ts'

/** Serves the contract as its author wrote it at `/openapi.yaml`, and as JSON at `/openapi.json`. */
export function contractDocument({ prefix, contract }: Pick<MockContext, 'prefix' | 'contract'>): Hono<Env> {
  const app = new Hono<Env>()
  const yaml = { 'content-type': 'application/yaml; charset=utf-8', 'x-content-type-options': 'nosniff' }
  const documents: Readonly<Record<string, () => Promise<Reply>>> = {
    '/openapi.yaml': async () => ({ status: 200, headers: yaml, body: (await contract.source()).text }),
    '/openapi.json': async () => jsonReply((await contract.source()).value),
  }
  for (const [path, document] of Object.entries(documents)) {
    app.get(prefix + path, async (c) => {
      c.get('context').endpoint = `${c.req.method} ${prefix}${path}`
      return send(c, await document())
    })
    app.all(prefix + path, otherMethods(['GET']))
  }
  return app
}
