import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const script = resolve(import.meta.dirname, '../../bench/bench.js')
const bench = (...args: readonly string[]) =>
  spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', timeout: 120_000 })
const { chatRequest, createLoader, hasWrk, NEW, toNewImage } = await import(
  new URL('../../bench/load.js', import.meta.url).href
)

test('--only runs the chosen parts, and prints a line for each of their rows', () => {
  const { stdout, stderr, status } = bench('--only', 'warm,json', '--rounds', '1', '--seconds', '1')
  expect([status, stderr]).toEqual([0, 'warm\njson\n'])
  const rows = stdout.split('\n').filter((line) => /\d$|yes$|NO$/.test(line))
  expect(rows).toEqual([
    expect.stringMatching(/^createMock .* \d/),
    expect.stringMatching(/^startMock .* \d/),
    expect.stringMatching(/^JSON, new prompts: responses\/s .* \d+\.\d\d +>= 0\.35/),
    expect.stringMatching(/^JSON, repeated: responses\/s .* \d+\.\d\d +>= 0\.5/),
    expect.stringMatching(/^JSON, new prompts, 64 connections.* \d+\.\d\d +<= 2\.5/),
    expect.stringMatching(/^JSON, repeated, 64 connections.* \d+\.\d\d +<= 2\.5/),
  ])
})

test('--help lists the flags and the parts, and an invalid flag is reported', () => {
  const { stdout } = bench('--help')
  for (const word of ['--peers', '--only', '--assert', 'json,sse', 'peers']) expect(stdout).toContain(word)
  for (const args of [
    ['--only', 'nothing'],
    ['--rounds', '0'],
    ['--seconds', '0.5'],
    ['--load', 'ab'],
    ['--save', '--only', 'json'],
  ]) {
    const { status, stderr } = bench(...args)
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^--.* --help lists the flags\n$/)])
  }
})

test.each(hasWrk() ? ['wrk', 'node'] : ['node'])(
  'with new prompts and images %s never sends a body twice',
  async (tool) => {
    const folder = mkdtempSync(join(tmpdir(), 'load-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const bodies: string[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (part) => (body += part))
      request.once('end', () => {
        bodies.push(body)
        response.end('{}')
      })
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const image = `data:image/png;base64,${Buffer.alloc(3000, 7).toString('base64')}`
    const load = createLoader(tool, folder)
    const request = chatRequest(base, { prompt: NEW, image: toNewImage(image) })
    for (let times = 0; times < 2; times++) await load({ request, connections: 4, seconds: 1 })
    expect(bodies.length).toBeGreaterThan(200)
    expect(new Set(bodies).size).toBe(bodies.length)
    const images = bodies.map((body) => JSON.parse(body).messages[0].content[1].image_url.url)
    expect(new Set(images).size).toBe(bodies.length)
    expect(images.filter((url) => url.length !== image.length)).toEqual([])
  },
)
