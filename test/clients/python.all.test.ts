import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { profiles } from '#prepared'
import { profileOf } from '../../src/chat/profile.ts'
import type { Mock } from '../../src/index.ts'
import { startMock } from '../../src/index.ts'
import { ask, picturesIn } from '../ask.ts'

const folder = resolve(import.meta.dirname, 'python')
const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))']).status === 0
if (!hasPython) console.warn('Skipping the tests of the Python clients: they need python3 3.11 or newer.')

const python = join(folder, '.venv/bin/python')
async function run(...args: string[]): Promise<string> {
  // Programs must not use a proxy to reach the mock.
  const { stdout } = await promisify(execFile)(python, args, {
    cwd: folder,
    timeout: 120_000,
    env: { ...process.env, no_proxy: '127.0.0.1' },
  })
  return stdout
}

/** The names of the formats in Pillow. */
const FORMATS = { png: 'PNG', jpg: 'JPEG', webp: 'WEBP' }

describe.runIf(hasPython)('in Python', () => {
  let mock: Mock
  let models: string[]
  beforeAll(async () => {
    const linesOf = (text: string): string => (text.match(/^[^#\n]+$/gm) ?? []).toSorted().join('\n')
    const installed = existsSync(python) ? linesOf(await run('-m', 'pip', 'freeze')) : ''
    if (installed !== linesOf(readFileSync(join(folder, 'requirements.txt'), 'utf8')))
      throw new Error('The packages of requirements.txt are not installed. Run test/clients/python/install.sh.')
    mock = await startMock()
    const { data } = await (await fetch(`${mock.baseURL}/models`)).json()
    models = data.map(({ id }: { id: string }) => id)
  })
  afterAll(async () => mock?.close())

  test('the openai client reads the response of every model as JSON, as a stream and with a reference, and raises its errors', async () => {
    const told = JSON.parse(await run('openai_client.py', mock.baseURL, ...models))
    expect(models).toHaveLength(13)
    expect(told.models).toEqual(models)
    for (const model of models) {
      const { content, json } = await ask(mock, { model })
      expect(told.completions[model]).toEqual({ content, usage: json.usage })
      const { content: referring, usage } = told.with_reference[model]
      expect(picturesIn(referring)).toHaveLength(1)
      expect(usage.prompt_tokens).toBeGreaterThan(json.usage.prompt_tokens)
    }
    expect(told.unknown).toEqual({
      status: 404,
      code: 'model_not_found',
      param: 'model',
      type: 'invalid_request_error',
      request_id: expect.stringMatching(/^\d{23}\w{8}$/),
    })
  })

  test('a reader like those of ComfyUI nodes finds the picture of every model by its Markdown, in the requested size', async () => {
    // The last size, because the first one is the default.
    const expected = models.map((model) => {
      const { sizes, formats } = profileOf(profiles, model)
      return { model, pattern: 'markdown', ...sizes.at(-1), format: FORMATS[formats[0]] }
    })
    const requests = expected.map(({ model, width, height }) => `${model}=画只猫 ${width}x${height}`)
    const found: any[] = JSON.parse(await run('comfyui_reader.py', mock.baseURL, ...requests))
    expect(found.map(({ picture }) => picture)).toEqual(expected)
    for (const { asked, content } of found)
      expect(content, 'the joined deltas equal the JSON response').toBe(
        (await ask(mock, { body: { ...asked, stream: false } })).content,
      )
  })

  test('the reader finds the picture in every style with a picture in its text, base64 first', async () => {
    await using own = await startMock({ fixtures: resolve(import.meta.dirname, '../golden') })
    const styles = [
      'progress-log',
      'task-log',
      'lite',
      'markdown',
      'data-uri',
      'reasoning',
      'step-log',
      'prompt-json',
      'gallery',
      'sketch-log',
    ]
    const found: any[] = JSON.parse(
      await run('comfyui_reader.py', own.baseURL, ...styles.map((style) => `${style}=画只猫`)),
    )
    expect(found.map(({ picture }) => [picture.model, picture.pattern])).toEqual(
      styles.map((style) => [style, style === 'data-uri' ? 'base64' : 'markdown']),
    )
  })
})
