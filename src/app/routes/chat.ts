import { type Chat, readChat } from '../../chat/reply.ts'
import { profileOf } from '../../chat/profile.ts'
import { encodeRecipe } from '../../images/recipe.ts'
import type { ScenarioSubject } from '../../scenarios/apply.ts'
import type { JsonObject } from '../../util/json.ts'
import { memoize } from '../../util/memoize.ts'
import type { Reply } from '../../util/reply.ts'
import { isGone } from '../client.ts'
import type { AppContext } from '../context.ts'
import type { Settings } from '../settings.ts'

/** What the response to a chat request depends on. */
export interface ChatBody {
  readonly bytes: Buffer
  readonly body: JsonObject
  readonly base: string // what links begin with
  readonly created: number
  readonly pace: number
}

/** Maximum number of cached chat requests, and of bytes of each: test suites and load tests repeat requests. */
const MAX_KEPT = 250
const MAX_BYTES = 4096

function keyOf({ bytes, base, created, pace }: ChatBody): string | undefined {
  return bytes.length > MAX_BYTES ? undefined : `${created} ${pace} ${base}\n${bytes.toString('latin1')}`
}

/** Creates a function that reads chat requests and caches those that are repeated. */
export function createChatReader({ profiles, seed, errors: dialect }: Pick<Settings, 'profiles' | 'seed' | 'errors'>) {
  const read = async ({ body, ...rest }: ChatBody): Promise<Chat> => {
    const model = typeof body['model'] === 'string' ? body['model'] : ''
    return readChat(body, { ...rest, seed, dialect, profile: profileOf(profiles, model) })
  }
  return memoize(read, { keyOf, max: MAX_KEPT })
}

/** Responds to a chat request in the style of its model. */
export async function createChatCompletion(c: AppContext): Promise<Reply> {
  const { reading } = c.get('context')
  if (reading === undefined) throw new TypeError('the chat request was not read')
  return reading.reply(renderFor(c))
}

/** What a scenario can edit of a chat request. Undefined if it is not a chat request, or could not be read. */
export function chatSubject(c: AppContext): ScenarioSubject['chat'] {
  const { reading, pace } = c.get('context')
  if (reading === undefined) return undefined
  const { request, options } = reading
  return { request, pace, options: { ...options, render: renderFor(c) } }
}

// A picture is not drawn if its client has disconnected.
function renderFor(c: AppContext): Parameters<Chat['reply']>[0] {
  const { pictures } = c.get('mock')
  return async (recipe) => pictures({ name: encodeRecipe(recipe).name, recipe, isGone: () => isGone(c) })
}
