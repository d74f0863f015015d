import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { layOut, readRecipe, run } from '../recipes/recipe.ts'
import { connectMock, readPlaceholder } from '../../src/index.ts'
import type { Consumer } from './consumer.ts'
import { version } from '#prepared'
import { OWN_IMAGE, startEngine } from '../testing/engine.ts'
import { createConsumer } from './consumer.ts'

const CHROMIUM = '/usr/bin/chromium'
if (!existsSync(CHROMIUM)) console.warn(`Skipped the recipe playwright: ${CHROMIUM} is not installed.`)

let consumer: Consumer
beforeAll(async () => {
  consumer = await createConsumer()
})
afterAll(() => {
  for (const folder of [consumer.folder, dirname(consumer.tarball)]) rmSync(folder, { recursive: true, force: true })
})

/** A port that is not in use. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** The compiler options of a strict project, which also checks the types of its dependencies. */
const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  noEmit: true,
  target: 'es2022',
  lib: ['es2022', 'esnext.disposable'],
  types: ['node'],
}

const COMPILERS = { newest: 'typescript/bin/tsc', oldest: 'typescript-oldest/lib/tsc.js' }
const MODULES = { nodenext: 'nodenext', esnext: 'bundler' }

/** The type errors of a folder, from the oldest and the newest compiler, for Node and for a bundler. */
async function typeErrorsOf(folder: string, options: object = {}): Promise<string[]> {
  const errors: string[] = []
  for (const [age, compiler] of Object.entries(COMPILERS)) {
    for (const [module, moduleResolution] of Object.entries(MODULES)) {
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: { ...STRICT, module, moduleResolution, ...options }, include: ['**/*.ts'] }),
      )
      const { code, output } = await run(`node ${join(consumer.folder, 'node_modules', compiler)} -p .`, folder)
      if (code !== 0) errors.push(`${age}, ${moduleResolution}: ${output}`)
    }
  }
  return errors
}

const PROGRAM = `
import { connectMock, createMock, readPlaceholder, startMock } from 'chat-image-mock'
import type { Exchange, Mock, MockOptions, Placeholder, ScenarioName, Session } from 'chat-image-mock'
import { toBePlaceholderFor } from 'chat-image-mock/matchers'
import OpenAI from 'openai'

const options: MockOptions = { pace: 'instant', seed: 3 }
// @ts-expect-error
const unknown = createMock({ paces: 1 })
// @ts-expect-error
const portless = createMock({ port: 1 })
for (const { status } of await Promise.allSettled([unknown, portless])) console.log(status)
await using mock: Mock = await startMock({ ...options, port: 0 })
await using inProcess = await createMock(options)
await using connected = await connectMock(new URL(mock.url), { wait: 5 })
const session: Session = connected.session()
await session.script('limit-rate', { times: 3, when: { model: 'flux-*' } })
const completed: ScenarioName[] = ['limit-rate', 'my-own-scenario']
const custom: Parameters<Session['script']>[0] = { when: { model: 'no' }, then: { say: completed.join() } }
// @ts-expect-error
const wrong = session.script({ then: { errors: 'rate_limited' } })
await wrong.catch((error: unknown) => console.log(error instanceof Error && error.message.startsWith('Invalid script')))
const client = new OpenAI({ baseURL: session.baseURL, apiKey: session.apiKey, fetch: inProcess.fetch })
const { choices } = await client.chat.completions.create({ model: 'flux', messages: [{ role: 'user', content: 'a fox' }] })
const picture: string = /!\\[.*?\\]\\((.*?)\\)/.exec(choices[0]?.message.content ?? '')?.[1] ?? ''
const placeholder: Placeholder | undefined = readPlaceholder(picture)
const exchanges: Exchange[] = await inProcess.exchanges({ status: '2xx', limit: 1 })
console.log(placeholder?.label, exchanges[0]?.chat?.model, toBePlaceholderFor(picture, { prompt: 'a fox' }).pass, (await session.pending())[0]?.times)
`

describe('a project that has installed the package', () => {
  test('compiles a strict program with TypeScript 7 and 5.2, and runs it', async () => {
    const folder = join(consumer.folder, 'program')
    layOut({ files: [{ path: 'program.ts', text: PROGRAM }], commands: [] }, folder)
    expect(await typeErrorsOf(folder)).toEqual([])
    const { output } = await run(
      'node ../node_modules/typescript/bin/tsc -p . --noEmit false && node program.js',
      folder,
    )
    expect(output).toBe('rejected\nrejected\ntrue\na fox flux true 3\n')
  })

  test('gets the types of chat-image-mock/vitest', async () => {
    const folder = join(consumer.folder, 'bindings')
    const text = `import { expect } from 'vitest'
      import { test } from 'chat-image-mock/vitest'
      test('x', async ({ mock, mockServer }) => {
        expect(mock.apiKey).toBe(mockServer.session().apiKey)
        expect('x').toBePlaceholderFor({ model: 'flux' })
        // @ts-expect-error
        expect('x').toBePlaceholderFor({ modell: 'flux' })
      })`
    layOut({ files: [{ path: 'a.ts', text }], commands: [] }, folder)
    expect(await typeErrorsOf(folder, { skipLibCheck: true, lib: ['es2022', 'esnext.disposable', 'dom'] })).toEqual([])
  })
})

/** Starts a program of the consumer's folder that serves a mock. Stops it after `use`. */
async function serving(
  folder: string,
  [program = '', ...args]: readonly string[],
  use: (url: string) => Promise<void>,
): Promise<void> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = spawn(
    join(consumer.folder, 'node_modules', program),
    args.map((arg) => arg.replace('PORT', String(port))),
    {
      cwd: folder,
      env: { ...process.env, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)))
  try {
    await expect
      .poll(
        async () =>
          fetch(`${url}/__mock/livez`).then(
            () => true,
            () => false,
          ),
        { timeout: 30_000, message: output },
      )
      .toBe(true)
    await use(url)
  } finally {
    child.kill()
    await once(child, 'exit')
  }
}

const isLinux = process.platform === 'linux' && process.arch === 'x64'

// Bun and Deno are installed as npm packages with their binaries for Linux.
describe.runIf(isLinux)('the recipe hono', () => {
  const ask = async (url: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'a fox' }], ...body }),
    })

  test.each([
    ['Bun', ['@oven/bun-linux-x64/bin/bun', 'run', 'server.ts']],
    [
      'Deno',
      [
        '@deno/linux-x64-glibc/deno',
        'serve',
        '--allow-all',
        '--no-lock',
        '--port',
        'PORT',
        '--host',
        '127.0.0.1',
        'server.ts',
      ],
    ],
  ])(
    'on %s the mock responds, streams, draws and is scripted, but cannot reset a connection',
    async (_name, command) => {
      const folder = join(consumer.folder, 'hono')
      layOut(readRecipe('hono'), folder)
      await run(`chmod +x ${join(consumer.folder, 'node_modules', command[0] ?? '')}`, folder)
      await serving(folder, command, async (url) => {
        const { choices }: any = await (await ask(url, {})).json()
        const link = /!\[.*?\]\((.*?)\)/.exec(choices[0].message.content)?.[1] ?? ''
        expect(link.startsWith(`${url}/cdn/`)).toBe(true)
        const picture = await fetch(link)
        expect(readPlaceholder(await picture.bytes())).toMatchObject({ model: 'flux', label: 'a fox' })
        const paced = await ask(url, { stream: true }, { 'x-mock-pace': '0.01' })
        expect(await paced.text()).toMatch(/data: \[DONE\]\n\n$/)
        await using mock = await connectMock(url)
        await mock.script('limit-rate')
        expect((await ask(url, {})).status).toBe(429)
        expect((await mock.exchanges()).map(({ response }) => response.status)).toEqual([200, 200, 429])
        expect((await ask(url, {}, { 'x-mock-scenario': 'stream-reset-first' })).status).toBe(500)
      })
    },
  )

  test('in a Vite dev server the mock responds below its path', async () => {
    const folder = join(consumer.folder, 'hono')
    layOut(readRecipe('hono'), folder)
    await serving(folder, ['.bin/vite', '--port', 'PORT', '--host', '127.0.0.1', '--strictPort'], async (url) => {
      const { choices }: any = await (await ask(`${url}/mock`, {})).json()
      const link = /!\[.*?\]\((.*?)\)/.exec(choices[0].message.content)?.[1] ?? ''
      expect(link.startsWith(`${url}/mock/cdn/`)).toBe(true)
      expect(readPlaceholder(await (await fetch(link)).arrayBuffer())).toMatchObject({ label: 'a fox' })
    })
  })
})

/** Matches the number of passed tests in the output of a test runner. */
const PASSED =
  /(?:^ *Tests: +(\d+) passed, \1 total$)|(?:^ *Tests +(\d+) passed \(\2\)$)|(?:^# pass (\d+)$)|(?:^ℹ pass (\d+)$)/m

describe('the recipe', () => {
  test.each([
    ['vitest', 4],
    ['snapshots', 3],
    ['node-test', 2],
    ['jest', 2],
    ['msw', 2],
    ['hono', 2],
  ])('%s runs: %i tests pass', async (name, count) => {
    const recipe = readRecipe(name)
    const folder = join(consumer.folder, name)
    layOut(recipe, folder)
    const [install, ...commands] = recipe.commands
    expect(install).toMatch(
      /^npm install --save-dev chat-image-mock( (?:@hono\/node-server|hono|jest|msw|openai|vite|vitest))*$/,
    )
    const { code, output } = await run(commands.join('\n'), folder, { CI: 'true' }) // with CI set, no snapshot is written
    expect({ code, passed: Number(PASSED.exec(output)?.slice(1).find(Boolean)) }, output).toEqual({
      code: 0,
      passed: count,
    })
  })

  test('testcontainers runs: 2 tests pass', async () => {
    await using engine = await startEngine({ [`chat-image-mock:${version}`]: OWN_IMAGE })
    const folder = join(consumer.folder, 'testcontainers')
    layOut(readRecipe('testcontainers'), folder)
    const { code, output } = await run('npx vitest run', folder, { ...engine.env })
    expect({ code, passed: Number(PASSED.exec(output)?.[2]) }, output).toEqual({ code: 0, passed: 2 })
    expect(await typeErrorsOf(folder, { skipLibCheck: true, lib: ['es2022', 'esnext.disposable', 'dom'] })).toEqual([])
  })

  test.runIf(existsSync(CHROMIUM))('playwright runs: 2 tests pass', async () => {
    const recipe = readRecipe('playwright')
    const folder = join(consumer.folder, 'playwright')
    const port = String(await freePort())
    layOut(
      { ...recipe, files: recipe.files.map(({ path, text }) => ({ path, text: text.replaceAll('4173', port) })) },
      folder,
    )
    const { code, output } = await run('npx playwright test --reporter line', folder, { CHROMIUM_PATH: CHROMIUM })
    expect({ code, passed: Number(/^ *(\d+) passed/m.exec(output)?.[1]) }, output).toEqual({ code: 0, passed: 2 })
    expect(await typeErrorsOf(folder, { skipLibCheck: true, lib: ['es2022', 'esnext.disposable', 'dom'] })).toEqual([])
  })

  test.runIf(existsSync(CHROMIUM))('playwright writes the coverage with the files of docs/coverage.md', async () => {
    const folder = join(consumer.folder, 'playwright-coverage')
    const [app, mock] = [String(await freePort()), String(await freePort())]
    const own = readRecipe('../coverage').files.filter(({ path }) => /^(?:playwright\.config|fixtures)\.ts$/.test(path))
    expect(own).toHaveLength(2)
    const files = [...readRecipe('playwright').files, ...own].map(({ path, text }) => {
      const here = text.replaceAll('4173', app).replaceAll('4010', mock)
      return { path, text: path === 'app.spec.ts' ? here.replace('chat-image-mock/playwright', './fixtures.js') : here }
    })
    layOut({ files, commands: [] }, folder)
    const { code, output } = await run('npx playwright test --reporter line', folder, { CHROMIUM_PATH: CHROMIUM })
    expect({ code, passed: Number(/^ *(\d+) passed/m.exec(output)?.[1]) }, output).toEqual({ code: 0, passed: 2 })
    expect(readFileSync(join(folder, 'coverage.md'), 'utf8')).toMatch(/^\| POST \/v1\/chat\/completions 429 \| 1 \|$/m)
  })

  test('the files of docs/coverage.md have the types that they should', async () => {
    const folder = join(consumer.folder, 'coverage-types')
    layOut(readRecipe('../coverage'), folder)
    expect(await typeErrorsOf(folder, { skipLibCheck: true, lib: ['es2022', 'esnext.disposable', 'dom'] })).toEqual([])
  })

  test('a scripted response that is not used makes the tests fail', async () => {
    for (const name of ['vitest', 'node-test', 'jest', 'msw']) {
      const recipe = readRecipe(name)
      const folder = join(consumer.folder, `${name}-fails`)
      const files = recipe.files.map(({ path, text }) => ({
        path,
        text: text.replace(
          /\.script\(('[\w-]+')/,
          `.script([{ scenario: $1 }, { scenario: 'slow-start', when: { nth: 100 } }]`,
        ),
      }))
      layOut({ ...recipe, files }, folder)
      const { code, output } = await run(recipe.commands.slice(1).join('\n'), folder)
      expect(code, `${name}: ${output}`).toBe(1)
      expect(output, name).toMatch(
        /Scripted responses that no request has used \(1\):\s+times +response +when\s+\d +slow-start +nth: 100/,
      )
    }
  })

  test.each(['vitest', 'snapshots', 'hono'])('%s has no type errors', async (name) => {
    const folder = join(consumer.folder, `${name}-types`)
    layOut(readRecipe(name), folder)
    expect(await typeErrorsOf(folder, { skipLibCheck: true, lib: ['es2022', 'esnext.disposable', 'dom'] })).toEqual([])
  })

  test('cypress has no type errors', async () => {
    const folder = join(consumer.folder, 'cypress')
    layOut(readRecipe('cypress'), folder)
    expect(
      await typeErrorsOf(folder, {
        skipLibCheck: true,
        types: ['cypress', 'node'],
        lib: ['es2022', 'esnext.disposable', 'dom'],
      }),
    ).toEqual([])
  })
})
