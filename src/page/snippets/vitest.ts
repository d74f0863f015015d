import { JAVASCRIPT, enclose, writeText, writeTexts, writeValue } from './literal.ts'
import type { SnippetSource } from './recorded.ts'
import { type TestFacts, PICTURES, toTestFacts } from './test-facts.ts'

/** Milliseconds after which Vitest stops a test. */
const PATIENCE = 5000

/** An exchange as a test for Vitest: it sends the request and expects what the response had. */
export function toVitest(source: SnippetSource): string {
  const facts = toTestFacts(source)
  const token = source.isTokenNeeded === true ? ", { controlToken: process.env['MOCK_CONTROL_TOKEN'] }" : ''
  const timeout = facts.wait > PATIENCE / 2 ? `{ timeout: ${facts.wait + PATIENCE} }, ` : ''
  const body = [...scriptLines(facts), ...requestLines(facts), ...expectations(facts)]
  return `// npm install --save-dev vitest chat-image-mock
import { connectMock } from 'chat-image-mock'
import { type MockFixtures, mockFixtures } from 'chat-image-mock/vitest'
import { expect, test as base } from 'vitest'

const url = process.env['MOCK_URL'] ?? ${writeText([source.root], JAVASCRIPT)}
const test = base.extend<MockFixtures>(mockFixtures(async () => connectMock(url${token})))

// Replace the request by a call of your code, with mock.baseURL and mock.apiKey.
test(${writeText([facts.title], JAVASCRIPT)}, ${timeout}async ({ mock }) => {
${body.map((line) => `  ${line}\n`).join('')}})
`
}

function scriptLines({ script, differences }: TestFacts): string[] {
  return [
    ...differences.map((difference) => `// ${difference}`),
    ...(script === undefined ? [] : [`await mock.script(${writeValue(script, JAVASCRIPT, { indent: '  ' })})`]),
  ]
}

function requestLines({ request, step, isReset }: TestFacts): string[] {
  const { method, path, headers, body, isJson } = request
  const value = (): string => writeValue(body ?? null, JAVASCRIPT, { indent: '    ' })
  const type =
    body !== undefined && headers['content-type'] === undefined ? { 'content-type': ['application/json'] } : {}
  const all = { ...type, ...headers }
  const options = [
    `method: ${writeText([method], JAVASCRIPT)}`,
    ...(Object.keys(all).length === 0 ? [] : [`headers: ${writeTexts(all, JAVASCRIPT, '    ')}`]),
    ...(body === undefined ? [] : [`body: ${isJson ? `JSON.stringify(${value()})` : value()}`]),
  ]
  const init = enclose(options, ['{', '}', ' '], { syntax: JAVASCRIPT, indent: '  ' })
  const fetching = `mock.fetch(${writeText(path, JAVASCRIPT)}, ${init})`
  if (step === 1 && !isReset) return [`const response = await ${fetching}`]
  const earlier = `for (let step = 1; step < ${step}; step++) await send().then((response) => response.text()).catch(() => {})`
  return [
    `const send = () => ${fetching}`,
    ...(step === 1 ? [] : [earlier]),
    ...(isReset ? [] : ['const response = await send()']),
  ]
}

function expectations({ status, isReset, pictures, violations }: TestFacts): string[] {
  return [
    isReset
      ? 'await expect(send().then((response) => response.text())).rejects.toThrow()'
      : `expect(response.status).toBe(${status})`,
    ...(pictures === undefined
      ? []
      : ['const text = await response.text()', `expect(text.match(/${PICTURES}/g) ?? []).toHaveLength(${pictures})`]),
    ...(violations === undefined
      ? []
      : [
          'const exchanges = await mock.exchanges()',
          `expect(exchanges.at(-1)?.violations.map(({ code }) => code)).toEqual(${writeValue(violations, JAVASCRIPT, { indent: '  ' })})`,
        ]),
  ]
}
