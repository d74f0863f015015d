import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { accepts } from 'hono/accepts'
import { escapeHtml } from '../../util/escape-html.ts'
import { type Reply, jsonReply } from '../../util/reply.ts'
import { type AppContext, type MockContext, CONTROL } from '../context.ts'
import { documentPaths } from './contract-document.ts'
import { isCached } from './links.ts'
import { basePathOf } from './operations.ts'
import { type PageFile, PAGE } from './page.ts'

const DOCUMENTATION = 'https://github.com/chat-image-mock/chat-image-mock#readme'

/** What the page may load: its own files, and pictures and answers of the mock. No other site can show it in a frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
/** Firefox and Safari apply the policy of an SVG file to the styles in it. */
const ICON_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

const COMMON = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

/** The responses of the page and of `GET /`. */
export interface Page {
  readonly html: (c: AppContext) => Reply
  readonly root: (c: AppContext) => Reply
  /** Reads a file once. Later requests get the same bytes. */
  readonly file: (c: AppContext, file: PageFile) => Promise<Reply>
}

/** Creates the responses of the page. */
export function createPage(mock: MockContext): Page {
  const { contract, controlToken, page, pageFolder, prefix, version } = mock
  const basePath = basePathOf(mock)
  const files = new Map<string, Promise<{ readonly bytes: Buffer; readonly etag: string }>>()
  const html = (c: AppContext): Reply => ({
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY, ...COMMON },
    body: toHtml(relativeRoot(c), {
      'data-root': relativeRoot(c),
      'data-base-url': rootOf(c) + basePath,
      'data-base-path': basePath,
      'data-contract': documentPaths(prefix).yaml,
      'data-version': version,
      'data-token': controlToken === undefined ? 'none' : 'required',
    }),
  })
  const index = (c: AppContext): Reply => {
    const url = rootOf(c)
    return jsonReply({
      name: 'chat-image-mock',
      version,
      baseURL: url + basePath,
      contract: { operations: contract.operations.length, basePath },
      links: {
        openapi: url + documentPaths(prefix).yaml,
        controlAPI: url + CONTROL,
        controlOpenapi: `${url}${CONTROL}/openapi.json`,
        health: `${url}${CONTROL}/health`,
        page: page ? url + PAGE : null,
        docs: DOCUMENTATION,
      },
    })
  }
  return {
    html,
    root: (c) => {
      const supports = ['application/json', 'text/html']
      const type = accepts(c, { header: 'Accept', supports, default: 'application/json' })
      const { headers, ...reply } = page && type === 'text/html' ? html(c) : index(c)
      return { ...reply, headers: { ...headers, vary: 'Accept' } }
    },
    file: async (c, { name, type }) => {
      const reading = files.get(name) ?? read(name, pageFolder)
      files.set(name, reading)
      const { bytes, etag } = await reading
      const policy = type.startsWith('image/') ? ICON_POLICY : POLICY
      const headers = { 'content-type': type, 'content-security-policy': policy, etag, ...COMMON }
      return isCached(c.req.header('if-none-match'), etag)
        ? { status: 304, headers, body: '' }
        : { status: 200, headers, body: bytes }
    },
  }
}

// The name is one of the table's, never a part of a request.
async function read(name: string, folder: string | undefined): Promise<{ bytes: Buffer; etag: string }> {
  const path = folder === undefined ? createRequire(import.meta.url).resolve(`#page/${name}`) : join(folder, name)
  const bytes = await readFile(path)
  return { bytes, etag: `"${hash('sha256', bytes, 'hex').slice(0, 32)}"` }
}

// URL of the mock, without a trailing slash.
function rootOf(c: AppContext): string {
  const { base } = c.get('context')
  return base.slice(0, base.length - c.get('mock').prefix.length)
}

// URL of the mock's root, relative to the requested one. So the page works behind a proxy that removes a prefix, and
// mounted in another app. A browser resolves `./` at `/mock` as `/`, and at `/mock/` as `/mock/`.
function relativeRoot(c: AppContext): string {
  if (c.get('context').path !== '/') return '../'
  const { pathname } = new URL(c.req.url)
  const last = pathname.slice(pathname.lastIndexOf('/') + 1)
  return last === '' ? './' : `./${last}/`
}

function toHtml(root: string, data: Readonly<Record<string, string>>): string {
  const files = escapeHtml(root + PAGE.slice(1))
  const attributes = Object.entries(data).map(([name, value]) => ` ${name}="${escapeHtml(value)}"`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>chat-image-mock</title>
<link rel="icon" type="image/svg+xml" href="${files}/icon.svg">
<link rel="stylesheet" href="${files}/page.css">
<script type="module" src="${files}/page.js"></script>
</head>
<body>
<div id="page"${attributes.join('')}></div>
<noscript>This page needs JavaScript. The control API at ${CONTROL} returns the same data.</noscript>
</body>
</html>
`
}
