import { isDeepStrictEqual } from 'node:util'
import type { Mock } from '../../../src/index.ts'
import { createJudge } from './judge.ts'
import { type PublicOperation, escape, follow, operationsOf, toRequest } from './requests.ts'

/** What the mock did with valid requests to the operations of a document. */
export interface Survey {
  readonly operations: number
  readonly requests: number
  /** The requests that were rejected, although they are valid. */
  readonly rejected: readonly string[]
  /** The responses with an internal error. */
  readonly failed: readonly string[]
  /** The responses that the document does not allow, and that are not its own examples. */
  readonly invalid: readonly string[]
  /** The responses whose schema no value matches, which have a note. */
  readonly impossible: number
  /** The examples of the document that its own schemas do not allow. */
  readonly ownInvalid: number
}

/** Sends up to two valid requests to at most `limit` operations: with the required parts, and with all parts. */
export async function survey(document: any, mock: Mock, limit: number): Promise<Survey> {
  const judge = createJudge(document)
  const all = operationsOf(document)
  const step = Math.max(1, all.length / limit)
  const operations = Array.from({ length: Math.min(limit, all.length) }, (_, i) => all[Math.floor(i * step)])
  const result = {
    operations: operations.length,
    requests: 0,
    rejected: [],
    failed: [],
    invalid: [],
    impossible: 0,
    ownInvalid: 0,
  } as any
  for (const operation of operations) {
    if (operation === undefined) continue
    for (const withAll of [false, true]) {
      const request = await toRequest(document, operation, judge, withAll)
      if (request === undefined) continue
      const { path, headers, body } = request
      const what = `${operation.method.toUpperCase()} ${path.slice(0, 300)}`
      if (body !== undefined && /^(?:get|head)$/.test(operation.method)) continue // fetch cannot send it
      const init = { method: operation.method.toUpperCase(), headers, ...(body === undefined ? {} : { body }) }
      result.requests++
      const response = await mock.fetch(`http://mock.invalid${path}`, init)
      const text = await response.text()
      const note = response.headers.get('x-mock-note') ?? ''
      if (response.status === 500 && text.includes('internal')) result.failed.push(`${what}: ${text.slice(0, 300)}`)
      else if (isRejection(operation, response)) {
        // The judge does not compare formats in 3.0, nor formats that JSON Schema does not define, such as `url`.
        if (!(text + note).includes('must match format')) result.rejected.push(`${what}: ${note} ${text.slice(0, 300)}`)
      } else if (note.includes('no sample that matches its schema')) result.impossible++
      else {
        const fault = await checkResponse(document, operation, response, text, judge)
        if (fault === OWN) result.ownInvalid++
        else if (fault !== undefined) result.invalid.push(`${what}: ${fault} ${note} ${text.slice(0, 200)}`)
      }
    }
  }
  judge.close()
  return result
}

// No scenario is chosen: an error status means that the request was rejected, unless the operation documents nothing else.
function isRejection({ value }: PublicOperation, { status }: Response): boolean {
  const statuses = Object.keys(value.responses ?? {})
  return status >= 400 && (statuses.length === 0 || statuses.some((one) => !/^[45]/.test(one)))
}

const OWN = 'own example'

async function checkResponse(
  document: any,
  operation: PublicOperation,
  response: Response,
  text: string,
  judge: ReturnType<typeof createJudge>,
): Promise<string | undefined> {
  const { status, headers } = response
  const responses = operation.value.responses ?? {}
  const key = [String(status), `${String(status)[0]}XX`, 'default'].find((one) => responses[one] !== undefined)
  if (key === undefined) return Object.keys(responses).length === 0 ? undefined : `status ${status} is not documented`
  const { value: documented, pointer } = follow(document, responses[key], `${operation.pointer}/responses/${key}`)
  const content: Record<string, any> = documented?.content ?? {}
  const sent = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  const hasBody = Object.keys(content).length > 0 && status !== 204 && operation.method !== 'head'
  if (sent === undefined) return hasBody ? 'no body' : undefined
  if (text === '') return undefined
  const type = Object.keys(content).find((one) => {
    const plain = one.split(';')[0]?.trim().toLowerCase() ?? ''
    return plain === sent || plain === '*/*' || (plain.endsWith('/*') && sent.startsWith(plain.slice(0, -1)))
  })
  if (type === undefined) return `${sent} is not documented`
  if (content[type].schema === undefined || !/^application\/([\w.-]+\+)?json/.test(sent)) return undefined
  const value: unknown = JSON.parse(text)
  if (await judge.isValid(`${pointer}/content/${escape(type)}/schema`, value)) return undefined
  const schema = follow(document, content[type].schema, '').value
  const named = Object.values<any>(content[type].examples ?? {}).map((one) => follow(document, one, '').value?.value)
  const examples = [content[type].example, ...named, schema?.example, ...(schema?.examples ?? [])]
  return examples.some((one) => isDeepStrictEqual(one, value)) ? OWN : 'the body is not valid'
}
