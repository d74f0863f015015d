import { PNG } from 'pngjs'
import { afterAll, expect, vi } from 'vitest'

/** A model of each manner of speaking, a prompt, and words that only this manner has. */
export const MANNERS: readonly (readonly [model: string, prompt: string, words: string])[] = [
  ['gpt-4o-image', '画只猫', '> ✅ 生成完成'],
  ['gpt-image-1', 'draw a cat', '> ✅ Generation complete'],
  ['flux', 'draw a cat', '"aspect_ratio": "1:1"'],
  ['flux-kontext-pro', '画只猫', '>🔄 创建任务 ✓'],
  ['nano-banana', 'draw a cat', '\n![Image]('],
  ['dall-e-3', 'draw a cat', '\n![Image]('],
  ['doubao-seedream-4-0-250828', '画只猫', '\n![Image]('],
]

/** A picture to send along. */
export const PICTURE: Buffer = PNG.sync.write(new PNG({ width: 8, height: 8 }))

/** What the file's clients fetch stays on this machine: a call to any other host fails, and the file with it. */
export function stayLocal(): void {
  const { fetch } = globalThis
  const strays: string[] = []
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { origin, hostname } = new URL(input instanceof Request ? input.url : input)
    if (hostname === '127.0.0.1') return fetch(input, init)
    strays.push(origin)
    throw new TypeError(`nothing may leave this machine, and this went to ${origin}`)
  })
  afterAll(() => expect(strays).toEqual([]))
}
