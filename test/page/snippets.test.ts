import { expect, test } from 'vitest'
import type { Exchange } from '../../src/index.ts'
import { toCurl } from '../../src/page/snippets/curl.ts'
import { toOpenAIJavaScript } from '../../src/page/snippets/openai-js.ts'
import { toOpenAIPython } from '../../src/page/snippets/openai-python.ts'
import { toPytest } from '../../src/page/snippets/pytest.ts'
import type { SnippetSource } from '../../src/page/snippets/recorded.ts'
import { SNIPPETS } from '../../src/page/snippets/snippets.ts'
import { toFetchRequest } from '../../src/page/snippets/send-again.ts'
import { toVitest } from '../../src/page/snippets/vitest.ts'
import { type ChatOptions, ask, mockWith } from '../ask.ts'

const PIXEL = /^data:image\/png;base64,iVBORw0KGgo[A-Za-z0-9+/]+={0,2}$/

/** What a snippet is made of: the exchange of a chat request. */
async function sourceOf(options: ChatOptions, change: Partial<Exchange> = {}): Promise<SnippetSource> {
  await using mock = await mockWith()
  await ask(mock, options)
  const [exchange] = await mock.exchanges()
  if (exchange === undefined) throw new Error('the journal is empty')
  return { root: 'http://127.0.0.1:4010', basePath: '/v1', exchange: { ...exchange, ...change } }
}

test('a plain request', async () => {
  const source = await sourceOf({ model: 'flux', text: "a fox's den" })
  expect(toCurl(source)).toBe(`curl http://127.0.0.1:4010/v1/chat/completions \\
  -H 'content-type: application/json' \\
  --data-raw '{
  "model": "flux",
  "messages": [{ "role": "user", "content": "a fox'\\''s den" }]
}'
`)
  expect(toOpenAIJavaScript(source)).toBe(`// npm install openai
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: 'http://127.0.0.1:4010/v1',
  apiKey: process.env['OPENAI_API_KEY'] ?? 'any',
  maxRetries: 0,
})
const completion = await client.chat.completions.create({
  model: 'flux',
  messages: [{ role: 'user', content: 'a fox\\'s den' }],
})
console.log(completion.choices?.[0]?.message?.content)
`)
  expect(toOpenAIPython(source)).toBe(`# pip install openai
import os

from openai import OpenAI

client = OpenAI(
    base_url="http://127.0.0.1:4010/v1",
    api_key=os.environ.get("OPENAI_API_KEY", "any"),
    max_retries=0,
)
completion = client.chat.completions.create(
    model="flux",
    messages=[{"role": "user", "content": "a fox's den"}],
)
print(completion.choices[0].message.content if completion.choices else completion)
`)
})

test('a control character that a terminal acts on is escaped', async () => {
  const curl = toCurl(await sourceOf({ model: 'flux', text: 'a\u009b31m fox\u007f' }))
  expect(curl).toContain(String.raw`"content": "a\u009b31m fox\u007f"`)
  expect(curl).not.toMatch(/[\u007f-\u009f]/)
})

test('a stream is read as a stream', async () => {
  const source = await sourceOf({ body: { stream: true, quality: 'high' } })
  expect(toCurl(source)).toContain('curl --no-buffer http')
  expect(toOpenAIJavaScript(source)).toContain('for await (const chunk of stream)')
  expect(toOpenAIPython(source)).toMatch(
    /^for chunk in client[^]*extra_body=\{"quality": "high"\}[^]*end="", flush=True/m,
  )
})

test('redacted parts become environment variables, with a comment', async () => {
  const source = await sourceOf({
    headers: { authorization: 'Bearer sk-1234567890abcdef', 'x-api-key': 'k', cookie: 'a=b' },
    body: { messages: [{ role: 'user', content: "it's sk-1234567890abcdef!" }], client_secret: 'x' },
  })
  const curl = toCurl(source)
  expect(curl).toMatch(/^# The journal does not keep API keys\. .*\n# The journal has removed credentials\. .*\ncurl /)
  expect(curl).toContain(`'authorization: Bearer '"\${OPENAI_API_KEY:-any}"`)
  expect(curl).toContain(`'x-api-key: '"\${SECRET_X_API_KEY:-[redacted]}"`)
  expect(curl).toContain(`"it'\\''s '"\${SECRET:-[redacted]}"'!"`)
  expect(curl).toContain(`"client_secret": "'"\${SECRET_CLIENT_SECRET:-[redacted]}"'"`)
  expect(toOpenAIJavaScript(source)).toContain(`'it\\'s ' + (process.env['SECRET'] ?? '[redacted]') + '!'`)
  expect(toOpenAIPython(source)).toContain(`"it's " + os.environ.get("SECRET", "[redacted]") + "!"`)
  for (const { write } of SNIPPETS) {
    expect(write(source)).not.toMatch(/sk-|cookie|a=b/)
    expect(write(source)).toMatch(/(?:#|\/\/) The journal has removed credentials/)
  }
})

test('data URIs become a small valid picture, with a comment', async () => {
  const url = `data:image/jpeg;base64,${Buffer.from('not a picture, but long enough').toString('base64')}`
  const source = await sourceOf({
    body: { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] },
  })
  const body = /--data-raw '([^']*)'/.exec(toCurl(source))?.[1] ?? ''
  expect(JSON.parse(body).messages[0].content[0].image_url.url).toMatch(PIXEL)
  for (const { write } of SNIPPETS) {
    expect(write(source)).not.toContain('sha256')
    expect(write(source)).toContain(' The journal does not keep data URIs. A sample replaces each of them.')
  }
})

test('a comment says that the journal has cut the request or has no body', async () => {
  const cut = await sourceOf({ text: 'a'.repeat(30_000) })
  const without = await sourceOf({})
  const { body: _, ...request } = without.exchange.request
  for (const { write } of SNIPPETS) {
    expect(write(cut)).toContain(' The journal has cut this request, so it is not complete.')
    expect(write({ ...without, exchange: { ...without.exchange, request } })).toContain(
      ' The journal does not have the body of this request.',
    )
    expect(write(without)).not.toContain('The journal has')
  }
})

test('headers that belong to the connection or to the client are left out', async () => {
  const source = await sourceOf({
    headers: { 'user-agent': 'a', 'x-stainless-lang': 'js', 'sec-fetch-mode': 'cors', 'x-own': 'b', origin: 'c' },
  })
  expect(toCurl(source).match(/-H .*/g)).toEqual(["-H 'content-type: application/json' \\", "-H 'x-own: b' \\"])
})

test('the session stays the same, but a test has its own', async () => {
  const source = await sourceOf({ headers: { authorization: 'Bearer session-alice' } })
  expect(toCurl(source)).toContain("-H 'x-mock-session: alice'")
  for (const write of [toVitest, toPytest]) expect(write(source)).not.toContain('alice')
})

test('a member with the name __proto__ is sent', async () => {
  const source = await sourceOf({ body: JSON.parse('{"__proto__": {"a": 1}}') })
  expect(toOpenAIJavaScript(source)).toContain("['__proto__']: { a: 1 }")
})

test('a test scripts the scenario, not the header, and expects status, pictures and violations', async () => {
  const source = await sourceOf({ headers: { 'x-mock-scenario': 'answer-two-pictures' }, body: { n: 1 } })
  expect(toVitest(source)).toContain(`await mock.script({ scenario: 'answer-two-pictures' })`)
  expect(toVitest(source)).toContain('expect(response.status).toBe(200)')
  expect(toVitest(source)).toContain('toHaveLength(2)')
  expect(toVitest(source)).toContain('toEqual([])')
  expect(toPytest(source)).toContain('def test_answer_two_pictures():')
  expect(toPytest(source)).toContain('json={"scenario": "answer-two-pictures"}')
  expect(toPytest(source)).toMatch(/assert len\(.*\) == 2/)
  for (const write of [toVitest, toPytest]) expect(write(source)).not.toContain('x-mock-scenario')
})

test('a test of a mock with a control token reads it from the environment', async () => {
  const source = { ...(await sourceOf({})), isTokenNeeded: true }
  expect(toVitest(source)).toContain("controlToken: process.env['MOCK_CONTROL_TOKEN']")
  expect(toPytest(source)).toContain('"x-mock-control-token": os.environ["MOCK_CONTROL_TOKEN"]')
})

test('a test of a slow response waits for it', async () => {
  const source = await sourceOf({ headers: { 'x-mock-scenario': 'answer-prose' } })
  const slow = { ...source.exchange, response: { ...source.exchange.response, wait: 60_000 } }
  expect(toVitest({ ...source, exchange: slow })).toContain('{ timeout: 65000 }')
  expect(toPytest({ ...source, exchange: slow })).toContain('timeout=90')
})

test('a request is sent again as it was, without what a browser sets itself', async () => {
  const source = await sourceOf({
    text: "it's 猫",
    headers: { authorization: 'Bearer session-alice', 'user-agent': 'a', 'x-mock-pace': '0' },
  })
  const { path, init } = toFetchRequest(source)
  expect(path).toBe('/v1/chat/completions')
  expect(init).toEqual({
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: 'Bearer any',
      'x-mock-pace': '0',
      'x-mock-session': 'alice',
    },
    body: JSON.stringify(source.exchange.request.body),
  })
})

test('a GET request is sent again without a body, and with its query', async () => {
  const source = await sourceOf({})
  const request = { ...source.exchange.request, method: 'GET', path: '/v1/models/猫 %2F', query: 'a=b&key=[redacted]' }
  const { path, init } = toFetchRequest({ ...source, exchange: { ...source.exchange, request } })
  expect(path).toBe('/v1/models/%E7%8C%AB%20%2F?a=b&key=redacted')
  expect(init).not.toHaveProperty('body')
})
