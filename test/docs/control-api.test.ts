import { expect, test } from 'vitest'
import { createMock } from '../../src/index.ts'
import { FILTER_FIELDS } from '../../src/journal/filter.ts'
import { LIVE_EVENTS } from '../../src/journal/live-event.ts'
import { read } from './page.ts'

const page = read('docs/control-api.md')

test('its table has exactly the routes of the OpenAPI document', { timeout: 60_000 }, async () => {
  await using mock = await createMock()
  const { paths } = await (await mock.fetch('/__mock/openapi.json')).json()
  const routes = Object.entries<object>(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const rows = Array.from(page.matchAll(/^\| `([A-Z]+ \/__mock[^`]*)` \| \S.* \|$/gm), ([, route = '']) => route)
  expect(rows.toSorted()).toEqual(routes.toSorted())
})

test('its table of events has every event', () => {
  const [, table = ''] = page.split('| event | is sent when | `data` |\n|---|---|---|\n')
  const names = Array.from((table.split('\n\n')[0] ?? '').matchAll(/^\| `(\w+)` \|/gm), ([, name]) => name)
  expect(names).toEqual(Object.keys(LIVE_EVENTS))
})

test('its table of filters has every filter', () => {
  const [, table = ''] = page.split('| filter | selects |\n|---|---|\n')
  const [rows = ''] = table.split('\n\n')
  const names = Array.from(rows.matchAll(/^\| `(\w+)=/gm), ([, name]) => name)
  expect(names).toEqual(Object.keys(FILTER_FIELDS))
})
