import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Mock, type MockOptions, createMock } from '../../src/index.ts'
import { createJudge } from './public/judge.ts'

/** A contract that is served, and the independent validator of its responses. */
export interface Served {
  readonly mock: Mock
  /** Sends a request. The body is sent as JSON, unless it is a text, a form or bytes. */
  readonly send: (method: string, path: string, sent?: Sent) => Promise<Answer>
  /** Whether an independent validator accepts the value for the schema at a JSON pointer of the document. */
  readonly isValid: (pointer: string, value: unknown) => Promise<boolean>
}

interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: any
  readonly note: string
}

/** The parts of a document that a test needs. */
export interface Parts {
  readonly openapi?: string
  readonly paths: any
  readonly [key: string]: unknown
}

/** Serves a document until the test has finished. An internal error fails the test. */
export async function serve(parts: Parts, options: MockOptions = {}): Promise<Served> {
  const document = { openapi: '3.1.0', info: { title: 'One', version: '1' }, ...parts }
  const folder = await mkdtemp(join(tmpdir(), 'served-'))
  const file = join(folder, 'openapi.json')
  await writeFile(file, JSON.stringify(document))
  const faults: unknown[] = []
  const mock = await createMock({ spec: file, onFault: (error) => faults.push(error), ...options })
  const judge = createJudge(document)
  onTestFinished(async () => {
    await mock.close()
    judge.close()
    await rm(folder, { recursive: true })
    if (faults.length > 0) throw new AggregateError(faults, 'internal errors of the mock')
  })
  return { mock, send: async (method, path, sent) => sendTo(mock, method, path, sent), isValid: judge.isValid }
}

async function sendTo(mock: Mock, method: string, path: string, { headers = {}, body }: Sent = {}): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof FormData || body instanceof Uint8Array
  const content = body === undefined ? {} : { body: isRaw ? (body as BodyInit) : JSON.stringify(body) }
  const type: Record<string, string> = body === undefined || isRaw ? {} : { 'content-type': 'application/json' }
  const response = await mock.fetch(`http://mock.invalid${path}`, {
    method,
    headers: { ...type, ...headers },
    ...content,
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true && text !== ''
  const note = response.headers.get('x-mock-note') ?? ''
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined, note }
}

/** An operation that returns a sample of a schema. */
export function returning(schema: unknown): any {
  return { responses: { '200': { description: 'One', content: { 'application/json': { schema } } } } }
}

/** An operation that takes a body with a schema. */
export function taking(schema: unknown): any {
  return {
    requestBody: { required: true, content: { 'application/json': { schema } } },
    responses: { '204': { description: 'None' } },
  }
}
