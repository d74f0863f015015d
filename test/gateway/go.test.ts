import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { gatewayBuilds } from '#prepared'
import { decodeFault } from '../../src/gateway/go-decode.ts'
import { syntaxFault } from '../../src/gateway/go-syntax.ts'

/** What Go itself says about texts, recorded with a program that decodes them. Null for valid ones. */
const GO: Readonly<Record<'syntax' | 'types', readonly (readonly [text: string, message: string | null])[]>> =
  JSON.parse(readFileSync(new URL('go.json', import.meta.url), 'utf8'))

test.each(GO.syntax)('the syntax of %j is reported as by Go', (text, message) => {
  expect(syntaxFault(Buffer.from(text)) ?? null).toBe(message)
})

test.each(GO.types)('the types in %j are reported as by Go', (text, message) => {
  expect(decodeFault(JSON.parse(text), gatewayBuilds['gateway-2025']) ?? null).toBe(message)
})

test('texts of megabytes and of many levels are searched in linear time', () => {
  const long = Buffer.from(`{"a":"${'é'.repeat(8_000_000)}${'a'.repeat(16_000_000)}`)
  const deep = Buffer.from('['.repeat(1_000_000))
  const began = performance.now()
  for (const bytes of [long, deep]) expect(syntaxFault(bytes)).toBe('unexpected end of JSON input')
  expect(performance.now() - began).toBeLessThan(5000)
})
