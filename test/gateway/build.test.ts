import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { gatewayBuilds } from '#prepared'
import { toGatewayBuild } from '../../src/gateway/load-build.ts'
import { GENERATIONS } from './data.ts'

const source = { file: 'x.yaml', lineOf: () => 7 }

test.each(GENERATIONS)('the build has the content of fixtures/gateway/%s.yaml', (name) => {
  const value = parse(readFileSync(`fixtures/gateway/${name}.yaml`, 'utf8'))
  expect(gatewayBuilds[name]).toEqual(toGatewayBuild(value, source))
})

test('a file with an unknown type of a field is rejected, with its line', () => {
  const value = { ...gatewayBuilds.gateway, structs: { Message: { role: 'text' } } }
  expect(() => toGatewayBuild(JSON.parse(JSON.stringify(value)), source)).toThrow(/^x\.yaml:7 structs\.Message\.role: /)
})
