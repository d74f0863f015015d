import { ApiError } from '../../errors/api-error.ts'
import { type Recipe, FORMATS, MEDIA_TYPES } from '../../images/recipe.ts'
import { isJsonType } from '../../openapi/operation.ts'
import { type Sample, responseFor, sampleResponse } from '../../openapi/sample.ts'
import type { Reply } from '../../util/reply.ts'
import type { AppContext } from '../context.ts'

/** The Behaviour of an Operation without a custom one: its example, or a sample of its schema. */
export async function respondWithSample(c: AppContext): Promise<Reply> {
  const { operation, preference } = c.get('context')
  if (operation === undefined) throw new TypeError('the request has no operation')
  const accept = c.req.header('accept')
  const sample = await sampleResponse(c.get('mock').contract, operation, { accept, preference })
  if (!('known' in sample)) return toReply(c, sample)
  throw new ApiError('not_acceptable', { asked: (accept ?? '').slice(0, 100), known: sample.known })
}

// The mock checks requests with these statuses. A contract that documents only 422 for them means the same.
const ALTERNATIVES: Readonly<Record<number, readonly string[]>> = { 400: ['400', '422'], 422: ['422', '400'] }

/**
 * The Reply that the contract documents for an error of the mock: the status, its example or a sample of its schema, and
 * the message as a note. Undefined if it documents none with a body.
 */
export async function documentedError(
  c: AppContext,
  { status, headers, notes }: Reply,
  message: string,
): Promise<Reply | undefined> {
  const { operation } = c.get('context')
  if (operation === undefined) return undefined
  const exact = (ALTERNATIVES[status] ?? [String(status)]).find((code) =>
    operation.responses.some((response) => response.status === code),
  )
  const code = exact ?? String(status)
  if ((responseFor(operation, code)?.mediaTypes.length ?? 0) === 0) return undefined
  const preference = { code, example: undefined, dynamic: false }
  const sample = await sampleResponse(c.get('mock').contract, operation, { preference })
  if ('known' in sample) return undefined
  const reply = await toReply(c, { ...sample, applied: [] })
  const { 'content-type': _type, ...others } = headers
  return { ...reply, headers: { ...others, ...reply.headers }, notes: [...(notes ?? []), message] }
}

async function toReply(c: AppContext, sample: Sample): Promise<Reply> {
  const { status, mediaType, headers: documented, isCut, isValid, applied } = sample
  const notes = [
    ...(isCut ? ['sample cut: its schema requires too many or too long values'] : []),
    ...(isValid ? [] : ['no sample that matches its schema was found; add an example to the contract']),
  ]
  const headers = { ...documented, ...(applied.length === 0 ? {} : { 'preference-applied': applied.join(', ') }) }
  if (mediaType === undefined) return { status, headers, body: '', notes }
  const typed = { ...headers, 'content-type': mediaType, 'x-content-type-options': 'nosniff' }
  const body = await bodyOf(c, sample)
  return { status, headers: isJsonType(mediaType) ? typed : { ...typed, ...SANDBOXED }, body, notes }
}

// A browser executes an HTML example of a contract, which the user may not have written. In a sandbox it has another
// origin than the control API.
const SANDBOXED = { 'content-security-policy': 'sandbox' }

// Bytes of a format that the mock cannot write: clients can save and compare them.
const BYTES = Uint8Array.from({ length: 64 }, (_, i) => i)

const PICTURE: Omit<Recipe, 'format'> = {
  model: 'contract',
  label: '',
  width: 256,
  height: 256,
  palette: 0,
  emblem: '0000000000000000',
  references: [],
  index: 1,
  count: 1,
}

async function bodyOf(c: AppContext, { content, body, mediaType = '' }: Sample): Promise<Reply['body']> {
  if (content === 'bytes') return BYTES
  if (content === 'text') return body
  const format = FORMATS.find((one) => mediaType.startsWith(MEDIA_TYPES[one])) ?? 'png'
  return c.get('mock').pictures({ name: `contract.${format}`, recipe: { ...PICTURE, format }, isGone: () => false })
}
