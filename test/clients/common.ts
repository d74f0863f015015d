import { PNG } from 'pngjs'
import { afterAll, expect, vi } from 'vitest'

/** Models with different styles, each with a prompt and a text that only its style has. */
export const STYLES: readonly (readonly [model: string, prompt: string, words: string])[] = [
  ['gpt-4o-image', '画只猫', '> ✅ 生成完成'],
  ['gpt-image-1', 'draw a cat', '> ✅ Generation complete'],
  ['flux', 'draw a cat', '"aspect_ratio": "1:1"'],
  ['flux-kontext-pro', '画只猫', '>🔄 创建任务 ✓'],
  ['nano-banana', 'draw a cat', '\n![Image]('],
  ['dall-e-3', 'draw a cat', '\n![Image]('],
  ['doubao-seedream-4-0-250828', '画只猫', '\n![Image]('],
]

/** A reference picture. */
export const PICTURE: Buffer = PNG.sync.write(new PNG({ width: 8, height: 8 }))

/** Lets `fetch` reach this machine only. A request to another host fails, and so does the test file. */
export function stayLocal(): void {
  const { fetch } = globalThis
  const foreign: string[] = []
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { origin, hostname } = new URL(input instanceof Request ? input.url : input)
    if (hostname === '127.0.0.1') return fetch(input, init)
    foreign.push(origin)
    throw new TypeError(`Only 127.0.0.1 may be requested, got ${origin}.`)
  })
  afterAll(() => expect(foreign).toEqual([]))
}
