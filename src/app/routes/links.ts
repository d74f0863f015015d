import { Hono } from 'hono'
import { TASK_FORMS, taskIdOf } from '../../chat/digest.ts'
import { ApiError } from '../../errors/api-error.ts'
import { decodePath, PICTURE_PATHS, TASK_PATHS, toLinks } from '../../images/links.ts'
import { decodeRecipe, MEDIA_TYPES } from '../../images/recipe.ts'
import type { Reply } from '../../util/reply.ts'
import { jsonReply } from '../../util/reply.ts'
import { isGone } from '../client.ts'
import type { AppContext, Env, MockContext } from '../context.ts'
import { send } from '../send.ts'
import { otherMethods } from './other-methods.ts'
import type { Task } from './task-page.ts'
import { withFault } from './picture-faults.ts'

/** The paths of links, as templates of OpenAPI. */
export const LINK_PATHS: readonly string[] = [
  ...Object.values(PICTURE_PATHS).map((path) => `${path}/{name}/{file}`),
  ...Object.values(TASK_PATHS).map((path) => `${path}/{task}/{name}`),
  '/openapi.json',
  '/openapi.yaml',
]

const IMMUTABLE = 'public, max-age=31536000, immutable'

/** What is behind the links of an answer: pictures, downloads, previews, sources. Nothing is stored: a name holds its picture. */
export function links({ prefix }: Pick<MockContext, 'prefix'>): Hono<Env> {
  const app = new Hono<Env>()
  const get = (path: string, handler: (c: AppContext) => Reply | Promise<Reply>): void => {
    app.get(path, async (c) => {
      c.get('context').isOpen = true // also where links have moved below the control API
      c.get('context').endpoint = `${c.req.method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`
      return send(c, await handler(c))
    })
    app.all(path, otherMethods(['GET']))
  }
  for (const path of Object.values(PICTURE_PATHS)) get(`${prefix}${path}/:name/:file`, toPicture)
  get(`${prefix}${TASK_PATHS.page}/:task/:name`, toPage)
  get(`${prefix}${TASK_PATHS.source}/:task/:name`, toSource)
  for (const path of Object.values({ ...PICTURE_PATHS, ...TASK_PATHS }))
    app.all(`${prefix}${path}/*`, async (c, next) => {
      if (c.get('context').path === prefix + path) return next()
      c.get('context').isOpen = true
      throw new ApiError('unknown_picture')
    })
  return app
}

async function toPicture(c: AppContext): Promise<Reply> {
  const { name = '', file = '' } = c.req.param()
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

// Whether the client has the picture already.
function isCached(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((known) => ['*', etag].includes(known.trim().replace(/^W\//, '')))
}

function readTask(c: AppContext): Task {
  const { name = '', task: id = '' } = c.req.param()
  const found = decodeRecipe(name)
  if (found === undefined || !TASK_FORMS.some((form) => taskIdOf(found.fingerprint, form) === id))
    throw new ApiError('unknown_picture')
  return { id, recipe: found.recipe }
}

function toSource(c: AppContext): Reply {
  const { id, recipe } = readTask(c)
  const { model, label, width, height, count, fault } = recipe
  const { picture, download } = toLinks(c.get('context').base, recipe)
  const state =
    fault === 'missing' ? { status: 'failed' } : { status: 'completed', url: picture, download_url: download }
  return jsonReply({ id, model, prompt: label, size: `${width}x${height}`, n: count, ...state })
}

// The page's words, style and colours are loaded by the first one who looks at it.
async function toPage(c: AppContext): Promise<Reply> {
  const task = readTask(c)
  const { taskPage } = await import('./task-page.ts')
  return taskPage(c.get('context').base, task)
}
