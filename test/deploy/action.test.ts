import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { root } from './files.ts'
import { type Job, startJob } from './job.ts'

const folder = mkdtempSync(join(tmpdir(), 'npm-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A job whose npm installs this clone, or fails, and writes its arguments to `NPM_ARGS`. */
function startJobWith(npm: 'npm' | 'broken npm'): Job & { readonly installed: () => string } {
  const bin = mkdtempSync(join(folder, 'bin-'))
  const args = join(bin, 'args')
  const link = `mkdir -p "$3/node_modules" && ln -sfn '${root}' "$3/node_modules/chat-image-mock"`
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\necho "$@" >'${args}'\n${npm === 'npm' ? link : 'exit 1'}\n`)
  chmodSync(join(bin, 'npm'), 0o755)
  const job = startJob({ PATH: [bin, process.env['PATH']].join(delimiter) })
  return { ...job, installed: () => readFileSync(args, 'utf8').trim().split(' ').at(-1) ?? '' }
}

const pidOf = (log: string | undefined): number =>
  JSON.parse(readFileSync(join(dirname(log ?? ''), 'running.json'), 'utf8')).pid

const models = async (url: string | undefined): Promise<number> => (await fetch(`${url}/v1/models`)).status
const isDown = async (url: string | undefined): Promise<boolean> =>
  models(url).then(
    () => false,
    () => true,
  )

describe.skipIf(process.platform === 'win32')('the action', () => {
  test('installs a version or a tarball, and explains a failure', async () => {
    for (const [version, wanted] of [
      ['0.1.0', 'chat-image-mock@0.1.0'],
      ['file:./a.tgz', 'chat-image-mock@file:./a.tgz'],
      ['./a.tgz', 'chat-image-mock@file:./a.tgz'],
      ['a.tgz', 'chat-image-mock@file:a.tgz'],
    ] as const) {
      await using job = startJobWith('broken npm')
      const { code, log } = await job.step({ version })
      expect([code, log]).toEqual([1, expect.stringMatching(/^::error::.*npm pack.*version: \.\//m)])
      expect(job.installed()).toBe(wanted)
      expect(await job.end()).toMatchObject([{ code: 0, log: '', summary: '' }])
    }
  })

  test('starts the mock with the variables of its step, and stops it at the end of the job', async () => {
    await using job = startJobWith('npm')
    const { code, log, outputs } = await job.step({}, { MOCK_ERRORS: 'gateway' })
    expect([code, log]).toEqual([0, ''])
    const { url } = outputs
    expect(outputs).toEqual({ url, 'base-url': `${url}/v1`, log: expect.any(String), junit: '' })
    const unknown = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"model":"none","messages":[{"role":"user","content":"x"}]}',
    })
    expect(unknown.status, 'the gateway’s status for an unknown model').toBe(503)
    expect(await job.end()).toEqual([{ code: 0, log: '', outputs: {}, summary: '' }])
    expect(await isDown(url)).toBe(true)
    expect(readFileSync(outputs['log'] ?? '', 'utf8')).toMatch(/"status":503[^]*"msg":"stopped"/)
  })

  test('with coverage, adds the report to the summary, writes it as JUnit, and succeeds', async () => {
    await using job = startJobWith('npm')
    const { outputs } = await job.step({ coverage: 'true' }, { MOCK_COVERAGE_MIN: 'operations=30' })
    expect(await models(outputs['url'])).toBe(200)
    expect(existsSync(outputs['junit'] ?? '')).toBe(false)
    const [end] = await job.end()
    expect(end).toMatchObject({
      code: 0,
      log: '',
      summary: expect.stringMatching(/^# Contract coverage\n[^]*\/v1\/models/),
    })
    expect(readFileSync(outputs['junit'] ?? '', 'utf8')).toMatch(/^<\?xml .*\n<testsuites name="contract coverage"/)
  })

  test('a missed threshold fails the job, with the report and the end of the log', async () => {
    await using job = startJobWith('npm')
    const { outputs } = await job.step({ coverage: 'true' }, { MOCK_COVERAGE_MIN: 'operations=100' })
    await fetch(`${outputs['url']}/v1/models`, { headers: { 'x-request-id': '::error::injected' } })
    const [end] = await job.end()
    expect(end).toMatchObject({ code: 1, summary: expect.stringMatching(/^# Contract coverage\n/) })
    expect(end?.log).toMatch(
      /^::stop-commands::(\S+)\n[^]*coverage of operations is 33 %.*below the threshold of 100 %.*\n::\1::\n::error::chat-image-mock ended with exit code 1\. .*\n$/,
    )
    expect(existsSync(outputs['junit'] ?? '')).toBe(true)
  })

  test('a step with stop: true reports before the end of the job, and each mock once', async () => {
    await using job = startJobWith('npm')
    const [first, second] = [await job.step({ coverage: 'true' }), await job.step({ coverage: 'true' })]
    const stopped = await job.step({ stop: 'true' })
    expect([stopped.code, stopped.summary.match(/^# Contract coverage$/gm)]).toEqual([0, expect.any(Array)])
    expect(stopped.summary.match(/^# Contract coverage$/gm)).toHaveLength(2)
    for (const { outputs } of [first, second]) {
      expect(await isDown(outputs['url'])).toBe(true)
      expect(existsSync(outputs['junit'] ?? '')).toBe(true)
    }
    const nothing = { code: 0, log: '', outputs: {}, summary: '' }
    expect(await job.end()).toEqual([nothing, nothing, nothing])
  })

  test.each([
    ['SIGTERM', 'ended with exit code 0 before it was stopped'],
    ['SIGKILL', 'was killed'],
  ] as const)(
    'a mock that ended early, by %s, fails the job',
    async (signal, how) => {
      await using job = startJobWith('npm')
      const { outputs } = await job.step()
      process.kill(pidOf(outputs['log']), signal)
      await expect.poll(() => isDown(outputs['url']), { timeout: 10_000 }).toBe(true)
      const [end] = await job.end()
      expect(end).toMatchObject({ code: 1, summary: '' })
      expect(end?.log).toContain('"msg":"ready"')
      expect(end?.log).toContain(`::error::chat-image-mock ${how}.`)
    },
    60_000,
  ) // a killed process can stay a zombie; the action then waits for half a minute

  test('explains an invalid variable or input', async () => {
    await using job = startJobWith('npm')
    const refused = await job.step({}, { MOCK_PACE: 'slow' })
    expect(refused.code).toBe(1)
    expect(refused.log).toContain("MOCK_PACE: 'slow' is not valid")
    expect(refused.log).toContain('::error::chat-image-mock was not ready')
    const invalid = await job.step({ coverage: 'yes' })
    expect([invalid.code, invalid.log]).toEqual([1, "::error::coverage: 'yes' is not valid. Use true or false.\n"])
  })
})
