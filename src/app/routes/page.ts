import { Hono } from 'hono'
import type { Reply } from '../../util/reply.ts'
import { type AppContext, type AppHandler, type Env, type MockContext, CONTROL } from '../context.ts'
import { type Exceptions, checkAccess } from '../middleware/guard.ts'
import { send } from '../send.ts'
import { otherMethods } from './other-methods.ts'

/** A file of the page. */
export interface PageFile {
  readonly name: string
  readonly type: string
}

/** Where the page also is if the user's contract has an operation on `/`. Its files are below. */
export const PAGE = `${CONTROL}/page`

/** Whether a path is what an open page always requests: its files, and the events. */
export function isOfPage(path: string): boolean {
  return path.startsWith(`${PAGE}/`) || path === `${CONTROL}/events`
}

const SCRIPT = 'text/javascript; charset=utf-8'
/** The files of the page. No other file is served. */
const FILES: readonly PageFile[] = [
  { name: 'page.js', type: SCRIPT },
  { name: 'worker.js', type: SCRIPT },
  { name: 'page.css', type: 'text/css; charset=utf-8' },
  { name: 'icon.svg', type: 'image/svg+xml' },
]

// The page can be opened without the control token: it asks for the token and sends it to the control API.
const FILE: Exceptions = { token: 'not required' }
// Another site may link to the page.
const DOCUMENT: Exceptions = { token: 'not required', links: 'allowed' }

/** Serves the page at `/__mock/page`, and its files. */
export function page(mock: MockContext): Hono<Env> {
  const app = new Hono<Env>()
  if (!mock.page) return app
  const { html, file } = loader(mock)
  const serve = (path: string, exceptions: Exceptions, respond: (c: AppContext) => Promise<Reply>): void => {
    app.get(path, async (c) => {
      c.get('context').endpoint = `${c.req.method} ${path}`
      checkAccess(c, exceptions)
      return send(c, await respond(c))
    })
    app.all(path, async (c, next) => {
      checkAccess(c, exceptions)
      return otherMethods(['GET'])(c, next)
    })
  }
  serve(PAGE, DOCUMENT, html)
  for (const one of FILES) serve(`${PAGE}/${one.name}`, FILE, async (c) => file(c, one))
  return app
}

/**
 * Handles `GET /`: the page for a browser, a JSON index for others. It comes after the contract's routes, whose
 * operation on `/` overrides it. Mounted in another app, the path can end with a slash, which only `*` matches.
 */
export function root(mock: MockContext): AppHandler {
  const { root: respond } = loader(mock)
  return async (c, next) => {
    const context = c.get('context')
    if (context.path !== '/' || (c.req.method !== 'GET' && c.req.method !== 'HEAD')) return next()
    context.endpoint = `${c.req.method} /`
    context.isRecorded = false
    context.isOpen = false
    checkAccess(c, DOCUMENT)
    return send(c, await respond(c))
  }
}

// Loads the page on first use.
function loader(mock: MockContext) {
  const load = async () => (await import('./page-replies.ts')).createPage(mock)
  let loaded: ReturnType<typeof load> | undefined
  const once = async () => (loaded ??= load())
  return {
    html: async (c: AppContext): Promise<Reply> => (await once()).html(c),
    root: async (c: AppContext): Promise<Reply> => (await once()).root(c),
    file: async (c: AppContext, file: PageFile): Promise<Reply> => (await once()).file(c, file),
  }
}
