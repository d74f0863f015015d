import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toCoverage } from '../../src/journal/coverage.ts'
import { redactRepeated, redactText, sensitivityOf } from '../../src/journal/credentials.ts'
import { toJUnit, toMarkdown } from '../../src/journal/coverage-report.ts'
import { toTable } from '../../src/journal/failure-table.ts'
import { chatOf, targets, record } from './record.ts'

const NAMES = [
  'Authorization',
  'Proxy-Authorization',
  'Cookie',
  'Set-Cookie',
  'X-Api-Key',
  'Api-Key',
  'X-Goog-Api-Key',
  'X-Mock-Control-Token',
  'api_key',
  'apiKey',
  'apikey',
  'APIKEY',
  'access_token',
  'refreshToken',
  'id_token',
  'client_secret',
  'password',
  'passwd',
  'db-pass',
  'X-Auth',
  'user_credentials',
  'sessionId',
  'session',
  'x-amz-signature',
  'X-Amz-Security-Token',
  'AWSAccessKeyId',
  'sig',
  'jwt',
  'private_key',
  'tokens',
  'passcode',
  'pin',
  'PIN',
  'psk',
]
const ORDINARY = [
  'x-mock-session',
  'author',
  'Authority',
  'keyword',
  'model',
  'user',
  'seed',
  'content-type',
  'x-stainless-lang',
  'design',
  'side',
  'idempotency-key',
  'n',
  'size',
  'detail',
  'url',
  'compass',
  'tokenizer',
  'key_frames'.replace('_', ''),
  'pinned',
  'pins',
  'spinner',
  'opinion',
]

test('the name of a field tells whether its value is a credential', () => {
  for (const name of NAMES) expect(sensitivityOf(name), name).not.toBe('open')
  for (const name of ORDINARY) expect(sensitivityOf(name), name).toBe('open')
})

test('a repeated text is redacted the same way, also after many others', () => {
  const texts = [
    'flux',
    '/v1/chat/completions',
    'session-sk-abcdef123456',
    'Bearer abcdef0123456789',
    'https://user:password@host/',
    '画只猫',
    '',
  ]
  const others = Array.from({ length: 400 }, (_, i) => `${i} ${'x'.repeat(1000)}`)
  for (const text of [...texts, ...texts, ...others, ...others, 'y'.repeat(300_000), ...texts])
    expect(redactRepeated(text)).toBe(redactText(text))
})

test('a number of tokens is kept; a text under the same name is redacted', async () => {
  const body = chatOf('a fox', {
    max_tokens: 100,
    usage: { prompt_tokens: 5, prompt_tokens_details: { text_tokens: 3, cached_tokens_details: {} } },
  })
  const { exchange } = await record({
    body,
    headers: { 'x-ratelimit-remaining-tokens': '99', 'x-ratelimit-reset-tokens': '6m0s', 'x-tokens': 'mine' },
    query: 'max_tokens=5',
  })
  expect(exchange.request).toMatchObject({
    body,
    query: 'max_tokens=5',
    headers: { 'x-ratelimit-remaining-tokens': '99', 'x-ratelimit-reset-tokens': '6m0s', 'x-tokens': '[redacted]' },
  })
})

test('in headers, query and fields the values of credentials are redacted and their names are kept', async () => {
  const { exchange } = await record({
    body: chatOf('a fox', { extra_body: { api_key: 'hush', list: [{ Password: 1234 }], auth: true, secret: null } }),
    headers: { authorization: 'Bearer hush', 'x-api-key': 'hush', 'x-mock-session': 'alice' },
    query: 'a=1&api_key=hush&api%5Fkey=hush&b=x%20y&next=https%3A%2F%2Fme%3Ahush%40host%2F',
  })
  expect(exchange.request).toMatchObject({
    headers: { authorization: '[redacted]', 'x-api-key': '[redacted]', 'x-mock-session': 'alice' },
    query: 'a=1&api_key=[redacted]&api%5Fkey=[redacted]&b=x%20y&next=https%3A%2F%2F[redacted]%40host%2F',
    body: { extra_body: { api_key: '[redacted]', list: [{ Password: '[redacted]' }], auth: true, secret: null } },
  })
})

test.each([
  ['https://me:hush@host/a.png', 'https://[redacted]@host/a.png'],
  [String.raw`"https:\/\/me:hush@host\/a.png"`, String.raw`"https:\/\/[redacted]@host\/a.png"`],
  [String.raw`"https:\\/\\/me:hush@host\\/a.png"`, String.raw`"https:\\/\\/[redacted]@host\\/a.png"`],
  ['see ![a](https://host/a.png?sig=hush&w=5) and b', 'see ![a](https://host/a.png?sig=[redacted]&w=5) and b'],
  [
    '![a](https://host/a.png?w=5&X-Amz-Signature=hush) and b',
    '![a](https://host/a.png?w=5&X-Amz-Signature=[redacted]) and b',
  ],
  ['![a](https://host/a.png?sig=hu)sh)', '![a](https://host/a.png?sig=[redacted])'],
  ['https://host/#access_token=hush', 'https://host/#access_token=[redacted]'],
  ['api_key=hush&a=b', 'api_key=[redacted]&a=b'],
  ['curl -H "Authorization: Bearer xyz"', 'curl -H "Authorization: Bearer [redacted]"'],
  ['use bearer abc123def', 'use bearer [redacted]'],
  ['my key is sk-proj-abcdef123456, keep it', 'my key is [redacted], keep it'],
  ['ghp_0123456789abcdefABCD', '[redacted]'],
  ['gsk_hush1234 xai-hush1234 r8_hush1234', '[redacted] [redacted] [redacted]'],
  ['use Authorization: hush and draw', 'use Authorization: [redacted] and draw'],
  ['a\nAuthorization: Basic hush and more\nb', 'a\nAuthorization: Basic [redacted]\nb'],
  ['> x-signature: hush\n> accept: text/html', '> x-signature: [redacted]\n> accept: text/html'],
  ["curl -H 'Set-Cookie: hush; Path=/' -d 1", "curl -H 'Set-Cookie: [redacted]' -d 1"],
  ['send cookie: a=hush; b=hush and draw', 'send cookie: [redacted] and draw'],
  ["{'Authorization': 'hush'}", "{'Authorization': '[redacted]'}"],
  ['Authorization: Digest a="b", response="hush"', 'Authorization: Digest [redacted]'],
  ['curl -u me:hush http://host', 'curl -u [redacted] http://host'],
  [`curl --user 'me:hush hush' http://host`, 'curl --user [redacted] http://host'],
  [String.raw`"curl -u \"me:hush hush\" http://host"`, String.raw`"curl -u [redacted]\" http://host"`],
  [
    'a -----BEGIN RSA PRIVATE KEY-----\nA: b-c\nhush\n-----END RSA PRIVATE KEY----- b',
    'a -----BEGIN RSA PRIVATE KEY-----[redacted]-----END RSA PRIVATE KEY----- b',
  ],
  ['-----BEGIN PRIVATE KEY-----\nhush, cut', '-----BEGIN PRIVATE KEY-----[redacted]'],
  ['passcode: hush, psk: hush', 'passcode: [redacted], psk: [redacted]'],
])('redacts a credential in a text: %s', (text, kept) => {
  expect(redactText(text)).toBe(kept)
})

test.each([
  'a torch bearer standing on a hill',
  'risk-management and task-12345678',
  'a=b, 1+1=2, --ar 3:2',
  'mail me@example.com',
  'https://host/a.png?w=5&h=7',
  'a monkey with a keyboard',
  'desk-lamp',
  'a bowling pin: red, a cookie: golden, a digest: short',
  'xai-generated-images',
  'title: a key\nsession: night\nturn: left',
  'a fox, red-haired: yes, "style": "flat", \'pose\': \'up\'',
])('keeps ordinary words: %s', (text) => {
  expect(redactText(text)).toBe(text)
})

test('fields are redacted in JSON inside a text, also in JSON inside that', () => {
  const secret = String.raw`hu"sh\ \n`
  const fields = (value: unknown) => ({ a: 'x\\', api_key: value, b: { pin: value }, pinned: secret, max_tokens: 5 })
  let [text, kept] = [JSON.stringify(fields(secret), null, 1), JSON.stringify(fields('[redacted]'), null, 1)]
  for (let depth = 0; depth < 3; depth++) {
    expect(redactText(text)).toBe(kept)
    text = JSON.stringify({ arguments: text })
    kept = JSON.stringify({ arguments: kept })
  }
  expect(redactText('{"pin": 1234, "n": 1234}')).toBe('{"pin": "[redacted]", "n": 1234}')
})

test('a credential in the prompt is neither in the recorded stream nor in the URLs of its pictures', async () => {
  for (const model of ['gpt-4o-image', 'flux', 'nano-banana']) {
    for (const stream of [true, false]) {
      const { kept, exchange } = await record({ body: chatOf('a fox sk-abcdefghijklmnop', { model, stream }) })
      expect(kept).not.toMatch(/abcdefgh|klmnop/)
      const response = JSON.stringify(exchange.response)
      const names = [...response.matchAll(/\/(1[\w-]{20,})/g)].map((match) =>
        Buffer.from(match[1]!.slice(1), 'base64url').toString(),
      )
      expect(names.filter((name) => name.includes('sk-'))).toEqual([])
      const pieces = [...response.matchAll(/content\\?":\\?"(.*?)\\?"/g)].map((match) => match[1]).join('')
      expect(pieces).not.toContain('sk-abcdefghijklmnop')
    }
  }
})

test('the URL of a picture with a credential in its prompt is redacted in later requests', async () => {
  const { toLinks } = await import('../../src/images/links.ts')
  const recipe = {
    model: 'flux',
    width: 1024,
    height: 1024,
    format: 'png',
    palette: 1,
    emblem: '0123456789abcdef',
    references: [],
    index: 1,
    count: 1,
  } as const
  const link = (label: string): string => toLinks('http://mock', { ...recipe, label }).picture
  const { exchange } = await record({ body: chatOf(`![a](${link('sk-abcdefghijklmnop')}) ![b](${link('a fox')})`) })
  expect(exchange.chat?.prompt).toMatch(
    /^!\[a\]\(http:\/\/mock\/cdn\/\[redacted\]\/[\da-f]{30}\.png\) !\[b\]\(http:\/\/mock\/cdn\/1[\w-]+\//,
  )
})

// Keys like those of vendors, long enough to be found in the output.
const key = fc.stringMatching(/^[a-z]{4}[A-Za-z0-9]{14,40}$/).map((text) => `Q${text}Z`)
const name = fc.constantFrom(...NAMES)
const wrap = fc.array(fc.constantFrom('object', 'list'), { maxLength: 20 })

test('no recorded exchange, coverage key or report contains a credential; other values are kept', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(key, name, wrap), { minLength: 9, maxLength: 9 }),
      fc.boolean(),
      async (secrets, stream) => {
        const [header, query, field, user, parameter, bearer, token, answerField, answerText] = secrets
        let nested: any = { [field![1]]: field![0], ordinary: 'stays-here' }
        for (const kind of field![2]) nested = kind === 'object' ? { inner: nested } : [nested]
        const text = [
          `a fox https://me:${user![0]}@host/x.png`,
          `https://host/y?w=5&${encodeURIComponent(parameter![1])}=${parameter![0]}&keep=this-one`,
          `Bearer ${bearer![0]}`,
          `sk-${token![0]}`,
        ].join(' ')
        const spec = {
          body: chatOf(text, { stream, nested }),
          headers: { [header![1].toLowerCase()]: header![0], 'x-ordinary': 'also-here' },
          query: `q=and-this&${query![1]}=${query![0]}`,
        }
        const results = [
          await record(spec),
          await record({ ...spec, body: { ...spec.body, messages: 5 } }),
          await record({
            ...spec,
            path: `/at/sk-${token![0]}`,
            reply: {
              status: 200,
              headers: { 'content-type': 'application/json', [header![1].toLowerCase()]: header![0] },
              body: JSON.stringify({
                a: [{ [answerField![1]]: answerField![0] }],
                b: `https://x:${answerText![0]}@host`,
              }),
            },
          }),
          await record({
            ...spec,
            reply: {
              status: 200,
              headers: {},
              body: [
                {
                  wait: 0,
                  data: `data: {"${answerField![1]}":"${answerField![0]}","b":"//x:${answerText![0]}@host"}\n\n`,
                },
              ],
            },
          }),
          await record({ ...spec, facts: { choice: { name: `sk-${token![0]}`, why: text }, nearMisses: [text] } }),
        ]
        const keys = results.flatMap((result) => result.keys)
        const coverage = toCoverage(new Map(keys.map((one) => [one, 1])), targets)
        const scripted = [
          {
            id: '1',
            json: `{"then":{"say":${JSON.stringify(text)},"headers":{"x-api-key":"${header![0]}"}}}`,
            left: 1,
          },
        ]
        const all = [
          ...results.map(({ kept }) => kept),
          ...keys,
          JSON.stringify(coverage),
          toMarkdown(coverage),
          toJUnit(coverage),
          toTable(
            results.map(({ stored }) => stored),
            scripted,
          ),
        ].join('\n')
        for (const [secret] of secrets) expect(all.includes(secret), secret).toBe(false)
        for (const { kept } of results)
          for (const ordinary of ['stays-here', 'also-here', 'and-this']) expect(kept).toContain(ordinary)
        expect(results[0]!.kept).toContain('keep=this-one')
      },
    ),
    { numRuns: 60 },
  )
})

test('no part of a data URI’s base64 is recorded', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 30, maxLength: 300 }),
      fc.constantFrom('', ' ', ')', '"', '\n', ' and a hat'),
      async (bytes, after) => {
        const base64 = Buffer.from(bytes).toString('base64')
        const uri = `data:image/webp;charset=utf-8;base64,${base64}`
        const { kept } = await record({
          body: chatOf('a', { extra: [`x ${uri}${after}`, { uri }] }),
          headers: { 'x-picture': uri },
          reply: { status: 200, headers: {}, body: `${uri}${after}` },
        })
        for (let i = 0; i + 12 <= base64.length; i += 4) expect(kept).not.toContain(base64.slice(i, i + 12))
      },
    ),
    { numRuns: 60 },
  )
})

test.each([
  ['Server=h;Password=hunter2zz;', 'Server=h;Password=[redacted];'],
  ['(token=hunter2zz)', '(token=[redacted])'],
  ['token = hunter2zz and more', 'token = [redacted] and more'],
  ['api_key: hunter2zz', 'api_key: [redacted]'],
  ["{'api_key': 'hunter2zz'}", "{'api_key': '[redacted]'}"],
  [String.raw`{\"client_secret\":\"hunter2zz\"}`, String.raw`{\"client_secret\":\"[redacted]\"}`],
  ['Basic aHVudGVyMnp6Cg==', 'Basic [redacted]'],
  ['glpat-hunter2zzhunter2zz', '[redacted]'],
  ['max_token: 7', 'max_token: 7'],
  ['a monkey at the keyboard: sad', 'a monkey at the keyboard: sad'],
])('redacts labelled credentials in prose and in pasted code: %s', (text, kept) => {
  expect(redactText(text)).toBe(kept)
})

test('the value of a very long name is treated as a secret', () => {
  expect(sensitivityOf('aA'.repeat(15_000_000))).toBe('secret')
})
