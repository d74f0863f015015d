import { Hono } from 'hono'
import { type Reply, jsonReply } from '../../util/reply.ts'
import { type Env, type MockContext, CONTROL, recorded } from '../context.ts'
import { send } from '../send.ts'
import { otherMethods } from './other-methods.ts'

/** The paths of the contract's document. If our paths have moved, they are not those of the control API's document. */
export function documentPaths(prefix: string): { readonly yaml: string; readonly json: string } {
  const path = prefix === '' ? '/openapi' : `${CONTROL}/contract`
  return { yaml: `${path}.yaml`, json: `${path}.json` }
}

/** Serves the contract as its author wrote it at `/openapi.yaml`, and as JSON at `/openapi.json`. */
export function contractDocument({ prefix, contract }: Pick<MockContext, 'prefix' | 'contract'>): Hono<Env> {
  const app = new Hono<Env>()
  const yaml = { 'content-type': 'application/yaml; charset=utf-8', 'x-content-type-options': 'nosniff' }
  const paths = documentPaths(prefix)
  const documents: Readonly<Record<string, () => Promise<Reply>>> = {
    [paths.yaml]: async () => ({ status: 200, headers: yaml, body: (await contract.source()).text }),
    [paths.json]: async () => jsonReply((await contract.source()).value),
  }
  for (const [path, document] of Object.entries(documents)) {
    app.use(path, recorded())
    app.get(path, async (c) => {
      const context = c.get('context')
      context.endpoint = `${c.req.method} ${path}`
      context.isOpen = true // also if the paths have moved to /__mock
      return send(c, await document())
    })
    app.all(path, otherMethods(['GET']))
  }
  return app
}
