import { TASK_FORMS, taskIdOf } from '../../chat/digest.ts'
import { decodePath, PICTURE_PATHS, TASK_PATHS, toLinks } from '../../images/links.ts'
import type { Recipe } from '../../images/recipe.ts'
import { decodeRecipe, MEDIA_TYPES } from '../../images/recipe.ts'
import { ApiError } from '../../errors/api-error.ts'
import type { Reply } from '../../util/reply.ts'
import { jsonReply } from '../../util/reply.ts'
import type { Cache } from '../../util/lru.ts'
import { createCache } from '../../util/lru.ts'
import type { Endpoint } from '../endpoint.ts'
import type { PictureCache } from '../../images/picture-cache.ts'
import type { Incoming } from '../incoming.ts'
import type { Task } from './task-page.ts'
import { faulty } from './picture-faults.ts'
import type { Settings } from '../settings.ts'

const PICTURES = Object.values(PICTURE_PATHS).map((path) => `${path}/{name}/{file}`)
const TASKS = Object.values(TASK_PATHS).map((path) => `${path}/{task}/{name}`)

/** The paths that are ours beside the control API, as templates. */
export const LINK_PATHS: readonly string[] = [...PICTURES, ...TASKS, '/openapi.json', '/openapi.yaml']

const ROOTS = [...Object.values(PICTURE_PATHS), ...Object.values(TASK_PATHS)]

/** Whether a path looks like a link of ours, behind `prefix`: nothing else is served there. */
export function isLink(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && ROOTS.some((root) => path.startsWith(`${root}/`, prefix.length))
}

/** How many names are kept as they were read, those that were asked for last. */
const MAX_KNOWN = 1000

const IMMUTABLE = 'public, max-age=31536000, immutable'

type Values = Readonly<Record<string, string>>

/** What is behind the links of an answer, and the contract itself. Nothing is stored: a name holds its picture. */
export function linkEndpoints({ publicUrl, contract }: Settings, gallery: PictureCache, prefix: string): Endpoint[] {
  const baseOf = ({ origin }: Incoming): string => (publicUrl ?? origin) + prefix
  const known: Shown['known'] = createCache(MAX_KNOWN, () => 1)
  const pictures = PICTURES.map((template): Endpoint => {
    const isDownload = template.startsWith(`${PICTURE_PATHS.download}/`)
    return {
      template: prefix + template,
      answers: { GET: (request, values) => toPicture(request, values, { gallery, isDownload, known }) },
    }
  })
  return [
    ...pictures,
    {
      template: `${prefix}${TASK_PATHS.page}/{task}/{name}`,
      answers: { GET: async (request, values) => toPage(baseOf(request), readTask(values)) },
    },
    {
      template: `${prefix}${TASK_PATHS.source}/{task}/{name}`,
      answers: { GET: (request, values) => toSource(baseOf(request), readTask(values)) },
    },
    {
      template: `${prefix}/openapi.yaml`,
      answers: {
        GET: async () => ({
          status: 200,
          headers: { 'content-type': 'application/yaml; charset=utf-8', 'x-content-type-options': 'nosniff' },
          body: (await contract.source()).text,
        }),
      },
    },
    { template: `${prefix}/openapi.json`, answers: { GET: async () => jsonReply((await contract.source()).value) } },
  ]
}

interface Shown {
  readonly gallery: PictureCache
  readonly isDownload: boolean
  /** The recipes that were asked for last, by the file's name. */
  readonly known: Cache<{ readonly name: string; readonly recipe: Recipe }>
}

function toPicture(
  request: Incoming,
  { name = '', file = '' }: Values,
  { gallery, isDownload, known }: Shown,
): Reply | Promise<Reply> {
  const recipe = recipeOf(name, file, known)
  const etag = `"${file.slice(0, file.indexOf('.'))}"`
  const headers = {
    etag,
    'cache-control': IMMUTABLE,
    ...(isDownload ? { 'content-disposition': `attachment; filename="${file}"` } : {}),
  }
  if (recipe.fault === undefined && isKnown(request.header('if-none-match'), etag))
    return { status: 304, headers, body: '' }
  const show = (body: Buffer): Reply => ({
    status: 200,
    headers: { 'content-type': MEDIA_TYPES[recipe.format], 'x-content-type-options': 'nosniff', ...headers },
    body,
  })
  const picture = (): Buffer | Promise<Buffer> => gallery({ name, recipe, isGone: request.isGone })
  if (recipe.fault !== undefined) return faulty[recipe.fault](async () => show(await picture()))
  const kept = picture()
  return kept instanceof Promise ? kept.then(show) : show(kept)
}

// To read a name takes longer than all else about a picture that is kept.
function recipeOf(name: string, file: string, known: Shown['known']): Recipe {
  const last = known.get(file)
  if (last?.name === name) return last.recipe
  const recipe = decodePath(name, file)
  if (recipe === undefined) throw new ApiError('unknown_picture')
  known.set(file, { name, recipe })
  return recipe
}

function isKnown(header: string | undefined, etag: string): boolean {
  return (
    header !== undefined &&
    header.split(',').some((known) => known.trim() === '*' || known.trim().replace(/^W\//, '') === etag)
  )
}

function readTask({ name = '', task: id = '' }: Values): Task {
  const found = decodeRecipe(name)
  if (found === undefined || !TASK_FORMS.some((form) => taskIdOf(found.fingerprint, form) === id))
    throw new ApiError('unknown_picture')
  return { id, recipe: found.recipe }
}

function toSource(base: string, { id, recipe }: Task): Reply {
  const { model, label, width, height, count, fault } = recipe
  const { picture, download } = toLinks(base, recipe)
  const links =
    fault === 'missing' ? { status: 'failed' } : { status: 'completed', url: picture, download_url: download }
  return jsonReply({ id, model, prompt: label, size: `${width}x${height}`, n: count, ...links })
}

// Nobody may ever look at a page: its words, style and colours are loaded by the first who does.
async function toPage(base: string, task: Task): Promise<Reply> {
  const page = await import('./task-page.ts')
  return page.toPage(base, task)
}
