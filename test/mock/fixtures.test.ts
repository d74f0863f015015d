import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterEach, expect, test } from 'vitest'
import { ask, mockWith, picturesIn } from '../ask.ts'

let folder = ''
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A folder for `fixtures` with one file. */
function folderWith(name: string, text: string): string {
  folder = mkdtempSync(join(tmpdir(), 'fixtures-'))
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
  return folder
}

test('a custom model takes what it does not set from its family, otherwise from the default profile', async () => {
  const profiles = `
my-model: { style: lite, sizes: [768x512, 512x512] }
flux-kontext-dev: { references: optional }
flux-own: { sizes: [512x512] }
`
  await using mock = await mockWith({ fixtures: folderWith('profiles.yaml', profiles) })
  await using packaged = await mockWith()
  const text = 'a fox'
  const own = await ask(mock, { model: 'my-model', text })
  expect(own.status).toBe(200)
  expect(own.content).toContain('> 🎨 Generating...')
  const [picture = ''] = picturesIn(own.content)
  const bytes = await (await mock.fetch(picture)).arrayBuffer()
  expect(await sharp(bytes).metadata()).toMatchObject({ width: 768, height: 512, format: 'png' }) // the format is that of '*'
  expect((await ask(packaged, { model: 'my-model', text })).status).toBe(404)

  const dev = await ask(mock, { model: 'flux-kontext-dev', text })
  expect(dev.status).toBe(200)
  expect(dev.content).toContain('>🚀 开始生成图片')
  expect(picturesIn(dev.content)[0]).toMatch(/\.jpg$/)
  expect((await ask(packaged, { model: 'flux-kontext-dev', text })).status).toBe(400)
  expect((await ask(mock, { model: 'flux-own', text })).content).toMatch(/^\{\n "prompt": "a fox",[^]+\.jpg\)$/) // of its family
  expect((await ask(mock, { model: 'nano-banana', text })).content).toBe(
    (await ask(packaged, { model: 'nano-banana', text })).content,
  )
})

test('a custom scenario with a sequence applies to the requests that match its `when`', async () => {
  const scenario = `
about: A picture of a fox breaks off late, then a 429, then a normal response.
when: { model: [flux, flux-*], prompt: fox }
then:
  sequence:
    - wait: 0.1
      stream: [{ at: picture, end: close }]
    - error: rate_limited
      headers: { retry-after: "1" }
`
  await using mock = await mockWith({ fixtures: folderWith('scenarios/fox.yaml', scenario) })
  const post = async (model: string, content: string): Promise<Response> =>
    mock.fetch(`${mock.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content }] }),
    })
  expect(await (await post('flux', 'a cat')).text()).toMatch(/\[DONE\]\n\n$/)
  const cut = await (await post('flux', 'a fox')).text()
  expect([cut.includes('!['), cut.includes('[DONE]')]).toEqual([false, false])
  const limited = await post('flux-pro', 'a fox')
  expect([limited.status, limited.headers.get('retry-after'), limited.headers.get('x-mock-note')]).toEqual([
    429,
    '1',
    'scenario fox (its when matches), 2 of 3',
  ])
  expect(await (await post('flux', 'a fox')).text()).toContain('![')
})

test('hidden files in the folder of scenarios are ignored, such as those of editors', async () => {
  const path = folderWith('scenarios/own.yaml', 'about: mine\nthen: { error: rate_limited }\n')
  writeFileSync(join(path, 'scenarios/.#own.yaml'), 'no: [')
  await using mock = await mockWith({ fixtures: path })
  expect((await ask(mock, { headers: { 'x-mock-scenario': 'own' } })).status).toBe(429)
})

test('a folder of scenarios that cannot be listed is reported with its path', async () => {
  const path = folderWith('scenarios', 'not a folder')
  await expect(mockWith({ fixtures: path })).rejects.toThrow(
    `${join(path, 'scenarios')}: cannot be read (ENOTDIR); use a folder with scenario files`,
  )
})
