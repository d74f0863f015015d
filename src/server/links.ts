import type { Context } from 'hono'
import { TASK_FORMS, taskIdOf } from '../chat/digest.ts'
import { MEDIA_TYPES } from '../image/encode.ts'
import { PICTURE_PATHS, readFile, TASK_PATHS, toLinks } from '../image/link.ts'
import type { Recipe } from '../image/recipe.ts'
import { toFingerprint, toName, toRecipe } from '../image/recipe.ts'
import { ApiError } from '../reply/error.ts'
import type { Reply } from '../reply/reply.ts'
import { jsonReply } from '../reply/reply.ts'
import { createGallery } from './gallery.ts'
import type { Env } from './incoming.ts'
import { baseOf, headerOf } from './incoming.ts'
import type { Mount } from './mount.ts'
import { preflight } from './preflight.ts'

const DOCUMENTS = ['/openapi.json', '/openapi.yaml'] as const
const pictures = Object.values(PICTURE_PATHS)

/** The paths that are ours beside the control API, as templates. */
export const LINK_PATHS: readonly string[] = [...pictures.map((path) => `${path}/{name}/{file}`), ...Object.values(TASK_PATHS).map((path) => `${path}/{task}/{name}`), ...DOCUMENTS]

const METHODS = 'GET, HEAD, OPTIONS'
const IMMUTABLE = 'public, max-age=31536000, immutable'

interface LinkMount extends Mount {
  /** What our paths begin with where the contract has paths like them. */
  readonly prefix: string
}

/** The routes behind the links of an answer, and the contract itself. Nothing is stored: a name holds its picture. */
export function mountLinks({ app, serve, settings, prefix }: LinkMount): void {
  const gallery = createGallery()
  for (const path of pictures) {
    app.get(`${prefix}${path}/:name/:file`, serve(async (c) => {
      const recipe = readFile(c.req.param('name') ?? '', c.req.param('file') ?? '')
      if (recipe === undefined) throw new ApiError('unknown_picture')
      return toPicture(c, recipe, { render: gallery, isDownload: path === PICTURE_PATHS.download })
    }))
  }
  const toBase = (c: Context<Env>): string => `${baseOf(c, settings.publicUrl)}${prefix}`
  app.get(`${prefix}${TASK_PATHS.page}/:task/:name`, serve((c) => toPage(toBase(c), readTask(c))))
  app.get(`${prefix}${TASK_PATHS.source}/:task/:name`, serve((c) => toSource(toBase(c), readTask(c))))
  for (const path of [...pictures.map((item) => `${item}/*`), ...Object.values(TASK_PATHS).map((item) => `${item}/*`)]) {
    app.all(`${prefix}${path}`, serve((c) => {
      if (c.req.method === 'OPTIONS') return preflight(c, METHODS)
      if (c.req.method === 'GET' || c.req.method === 'HEAD') throw new ApiError('unknown_picture')
      throw new ApiError('wrong_method', { asked: `${c.req.method} ${path}`, known: ['GET', 'HEAD'], headers: { allow: METHODS } })
    }))
  }
  app.get(`${prefix}/openapi.yaml`, serve(async () => ({ status: 200, headers: { 'content-type': 'application/yaml; charset=utf-8', 'x-content-type-options': 'nosniff' }, body: (await settings.contract.source()).text })))
  app.get(`${prefix}/openapi.json`, serve(async () => jsonReply((await settings.contract.source()).value)))
}

async function toPicture(c: Context<Env>, recipe: Recipe, { render, isDownload }: { render: (recipe: Recipe) => Promise<Buffer>; isDownload: boolean }): Promise<Reply> {
  const fingerprint = toFingerprint(toName(recipe))
  const headers = { etag: `"${fingerprint}"`, 'cache-control': IMMUTABLE, ...(isDownload ? { 'content-disposition': `attachment; filename="${fingerprint}.${recipe.format}"` } : {}) }
  if (isKnown(headerOf(c, 'if-none-match'), headers.etag)) return { status: 304, headers, body: '' }
  return { status: 200, headers: { 'content-type': MEDIA_TYPES[recipe.format], 'x-content-type-options': 'nosniff', ...headers }, body: await render(recipe) }
}

function isKnown(header: string | undefined, etag: string): boolean {
  return header !== undefined && header.split(',').some((known) => known.trim() === '*' || known.trim().replace(/^W\//, '') === etag)
}

interface Task {
  readonly id: string
  readonly recipe: Recipe
}

function readTask(c: Context<Env>): Task {
  const name = c.req.param('name') ?? ''
  const id = c.req.param('task') ?? ''
  const recipe = toRecipe(name)
  if (recipe === undefined || !TASK_FORMS.some((form) => taskIdOf(name, form) === id)) throw new ApiError('unknown_picture')
  return { id, recipe }
}

function toSource(base: string, { id, recipe }: Task): Reply {
  const { model, label, width, height, count } = recipe
  const { picture, download } = toLinks(base, recipe)
  return jsonReply({ id, model, prompt: label, size: `${width}x${height}`, n: count, url: picture, download_url: download })
}

function toPage(base: string, { id, recipe }: Task): Reply {
  const { picture } = toLinks(base, recipe)
  const title = escapeHtml(`${recipe.model} · ${id}`)
  const body = `<!doctype html>\n<html lang="zh">\n<meta charset="utf-8">\n<title>${title}</title>\n<h1>${title}</h1>\n<p>${escapeHtml(recipe.label)}</p>\n<img src="${escapeHtml(picture)}" width="${recipe.width}" height="${recipe.height}" alt="${escapeHtml(recipe.label)}">\n</html>\n`
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; img-src *", 'cache-control': 'no-cache' }, body }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
