import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { startMock } from '../../src/index.ts'
import { ask, picturesIn } from '../ask.ts'

const hasPromtool = spawnSync('promtool', ['--version']).status === 0
const SKIPPED = hasPromtool ? '' : ' (skipped: there is no promtool; it is part of Prometheus)'

test.skipIf(!hasPromtool)(`promtool finds nothing wrong with the metrics${SKIPPED}`, async () => {
  await using mock = await startMock({ processMetrics: true })
  const [picture = ''] = picturesIn((await ask(mock)).content)
  await (await mock.fetch(picture)).arrayBuffer()
  const input = await (await mock.fetch(`${mock.url}/__mock/metrics`)).text()
  expect(input).toMatch(/^chat_image_mock_requests_total.* 1$/m)
  expect(input).toMatch(/^nodejs_active_handles\b/m)
  const check = (text: string): ReturnType<typeof spawnSync> =>
    spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
  expect(check(input)).toMatchObject({ status: 0, stdout: '', stderr: '' })
  const [first = ''] = input.split('\n')
  expect(check(input.replace(first, '')).status, 'it does report a metric without help').not.toBe(0)
})
