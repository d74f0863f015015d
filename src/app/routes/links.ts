import { Hono } from 'hono'
import { TASK_FORMS, taskIdOf } from '../../chat/digest.ts'
import { ApiError } from '../../errors/api-error.ts'
import { decodePath, PICTURE_PATHS, TASK_PATHS, toLinks } from '../../images/links.ts'
import { decodeRecipe, MEDIA_TYPES } from '../../images/recipe.ts'
import { toPathTemplate } from '../../openapi/path-template.ts'
import { type Reply, jsonReply } from '../../util/reply.ts'
import { isGone } from '../client.ts'
import type { AppContext, Env, MockContext } from '../context.ts'
import { send } from '../send.ts'
import { otherMethods } from './other-methods.ts'
import type { Task } from './task-page.ts'
import { withFault } from './picture-faults.ts'

type Values = Readonly<Record<string, string>>
type LinkHandler = (c: AppContext, values: Values) => Reply | Promise<Reply>

/** The handler of each link, by its path template. */
const LINKS: readonly (readonly [path: string, handler: LinkHandler])[] = [
  ...Object.values(PICTURE_PATHS).map((path) => [`${path}/{name}/{file}`, toPicture] as const),
  [`${TASK_PATHS.page}/{task}/{name}`, toPage],
  [`${TASK_PATHS.source}/{task}/{name}`, toSource],
]
const ROUTES = LINKS.map(([path, handler]) => ({ path, handler, template: toPathTemplate(path) }))

/** The mock's own paths outside the control API, as OpenAPI path templates. */
export const LINK_PATHS: readonly string[] = [...LINKS.map(([path]) => path), '/openapi.json', '/openapi.yaml']

const IMMUTABLE = 'public, max-age=31536000, immutable'

/**
 * Serves the links of a completion: pictures, downloads, previews, sources. Nothing is stored: a name contains its
 * recipe. All paths with the same first segment share one route. Nothing else is served there, and Hono's fastest
 * router accepts no path that has a parameter where another one has a word.
 */
export function links({ prefix }: Pick<MockContext, 'prefix'>): Hono<Env> {
  const app = new Hono<Env>()
  const roots = new Set(LINKS.map(([path]) => `/${path.split('/')[1]}`))
  for (const root of roots)
    app.all(`${prefix}${root}/*`, async (c, next) => {
      const context = c.get('context')
      const path = context.path.slice(prefix.length)
      if (path === root) return next()
      context.isOpen = true // also if the links have moved to /__mock
      const route = ROUTES.find(({ template }) => template.matches(path))
      const values = route?.template.read(path)
      if (route === undefined || values === undefined) throw new ApiError('unknown_picture')
      if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return otherMethods(['GET'])(c, next)
      context.endpoint = `${c.req.method} ${prefix}${route.path}`
      return send(c, await route.handler(c, values))
    })
  return app
}

async function toPicture(c: AppContext, { name = '', file = '' }: Values): Promise<Reply> {
  const recipe = decodePath(name, file)
  if (recipe === undefined) throw new ApiError('unknown_picture')
  const etag = `"${file.slice(0, file.indexOf('.'))}"`
  const isDownload = c.get('context').path.includes(`${PICTURE_PATHS.download}/`)
  const headers = {
    etag,
    'cache-control': IMMUTABLE,
    ...(isDownload ? { 'content-disposition': `attachment; filename="${file}"` } : {}),
  }
  const { fault, format } = recipe
  if (fault === undefined && isCached(c.req.header('if-none-match'), etag)) return { status: 304, headers, body: '' }
  const picture = async (): Promise<Reply> => ({
    status: 200,
    headers: { 'content-type': MEDIA_TYPES[format], 'x-content-type-options': 'nosniff', ...headers },
    body: await c.get('mock').pictures({ name, recipe, isGone: () => isGone(c) }),
  })
  return fault === undefined ? picture() : withFault[fault](picture)
}

/** Whether the client already has a response with this ETag, by its If-None-Match. */
export function isCached(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((known) => ['*', etag].includes(known.trim().replace(/^W\//, '')))
}

function readTask({ name = '', task: id = '' }: Values): Task {
  const found = decodeRecipe(name)
  if (found === undefined || !TASK_FORMS.some((form) => taskIdOf(found.fingerprint, form) === id))
    throw new ApiError('unknown_picture')
  return { id, recipe: found.recipe }
}

function toSource(c: AppContext, values: Values): Reply {
  const { id, recipe } = readTask(values)
  const { model, label, width, height, count, fault } = recipe
  const { picture, download } = toLinks(c.get('context').base, recipe)
  const state =
    fault === 'missing' ? { status: 'failed' } : { status: 'completed', url: picture, download_url: download }
  return jsonReply({ id, model, prompt: label, size: `${width}x${height}`, n: count, ...state })
}

// The page is loaded on first use.
async function toPage(c: AppContext, values: Values): Promise<Reply> {
  const task = readTask(values)
  const { taskPage } = await import('./task-page.ts')
  return taskPage(c.get('context').base, task)
}
