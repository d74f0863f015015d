import { overlaps } from '../openapi/path-template.ts'
import type { RequestContext as Trace } from './context.ts'
import { ApiError } from '../errors/api-error.ts'
import type { Reply } from '../util/reply.ts'
import { createRecall } from './recall.ts'
import { CONTROL, controlEndpoints, isControl, isProbe } from './routes/control.ts'
import type { Controlled } from './routes/controlled.ts'
import { answerAt, createRouter, preflight } from './endpoint.ts'
import { createPictureCache, renderPicture } from '../images/picture-cache.ts'
import { suggestPaths } from '../openapi/suggest-paths.ts'
import type { Incoming } from './incoming.ts'
import { isLink, LINK_PATHS, linkEndpoints } from './routes/pictures.ts'
import { operationEndpoints } from './provide.ts'
import type { Settings } from './settings.ts'

/** What answers requests. */
export interface Answering {
  /** The Reply to a request; rejects with an ApiError. */
  readonly answer: (request: Incoming, trace: Trace) => Promise<Reply>
  /** Whether pages of every origin may read what a path answers. */
  readonly isOpen: (path: string) => boolean
  /** Whether the journal keeps what is asked at a path. */
  readonly isKept: (path: string) => boolean
}

/** Finds what answers: the control API, the links of the pictures, the operations of the contract. */
export function createAnswer(settings: Settings, state: Pick<Controlled, 'isReady' | 'journal'>): Answering {
  const { operations } = settings.contract
  const clashes = operations.some(({ path }) => LINK_PATHS.some((ours) => overlaps(path, ours)))
  const prefix = clashes ? CONTROL : '' // the user's paths win, and ours move
  const gallery = createPictureCache(renderPicture, settings.metrics.pictures)
  const find = createRouter([
    ...controlEndpoints({ settings, ...state }),
    ...linkEndpoints(settings, gallery, prefix),
    ...operationEndpoints({ settings, gallery, prefix, recall: createRecall() }),
  ])
  return {
    answer: async (request, trace) => {
      if (isControl(request.path, prefix)) {
        const { guardControl, refuseForeign } = await import('./middleware/guard.ts')
        refuseForeign(request)
        if (!isProbe(request.path)) guardControl(request, settings)
      }
      const found = find(request.path)
      return found === undefined ? notFound(request, settings, prefix) : await answerAt(found, request, trace)
    },
    isOpen: (path) => !isControl(path, prefix),
    isKept: (path) => !isControl(path, prefix) && !isLink(path, prefix),
  }
}

// The first few operations, for who asks for something else altogether.
function listOf(operations: Settings['contract']['operations']): string {
  return operations
    .slice(0, 5)
    .map(({ method, path }) => `${method} ${path}`)
    .join(', ')
}

function notFound(request: Incoming, { contract }: Settings, prefix: string): Reply {
  const { method, path } = request
  if (isLink(path, prefix)) throw new ApiError('unknown_picture')
  const isOurs = isControl(path, prefix)
  if (!isOurs && method === 'OPTIONS' && request.header('access-control-request-method') !== undefined)
    return preflight(request, 'GET, HEAD, POST, OPTIONS')
  throw new ApiError('unknown_path', {
    asked: `${method} ${path.slice(0, 200)}`,
    known: isOurs ? [] : suggestPaths(path, contract.operations),
    ...(isOurs ? {} : { reason: listOf(contract.operations) }),
  })
}
