import { Hono } from 'hono'
import { TrieRouter } from 'hono/router/trie-router'
import { type Env, type MockContext, recorded, requestContext } from './context.ts'
import { scenario } from './middleware/scenario.ts'
import { contractRoutes } from './contract-routes.ts'
import { frontOf } from './front.ts'
import { contractDocument } from './routes/contract-document.ts'
import { controlApi } from './routes/control.ts'
import { onError } from './routes/errors.ts'
import { links } from './routes/links.ts'
import { page, root } from './routes/page.ts'
import { respond } from './routes/respond.ts'

/** With more operations, Hono's default router needs 40 MB. It compiles all paths to one regular expression. */
const MANY = 100

/** The mock as a Hono app: all its middleware and routes, in the order in which a request meets them. */
export function createApp(mock: MockContext): Hono<Env> {
  const app = new Hono<Env>(mock.contract.operations.length > MANY ? { router: new TrieRouter() } : {})
  app.onError(onError) // the only place where an error becomes a response
  app.use(requestContext(mock)) // request id, session, start time
  app.route('/', links(mock)) // pictures, downloads, previews, sources
  app.route('/', page(mock)) // the page at /__mock/page and its files; loaded on first use
  app.route('/', contractDocument(mock)) // openapi.yaml, openapi.json
  app.route('/__mock', controlApi(mock)) // closed to other origins; loaded on first use
  app.use(recorded()) // requests to the routes below are recorded
  const { check, otherMethods, notFound } = frontOf(mock) // by the contract, or as the gateway does
  for (const { path, template, routes, methods } of contractRoutes(mock)) {
    for (const route of routes) app.on(route.operation.method, path, check(route), scenario(route), respond(route))
    app.all(path, otherMethods(methods, template)) // preflights, 405; the gateway's 404
  }
  app.all('*', root(mock)) // GET /: the page for a browser, JSON for others; loaded on first use
  app.all('*', notFound) // suggests the nearest path
  return app
}
