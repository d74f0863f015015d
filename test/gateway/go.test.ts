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
  expect(
    decodeFault({ value: JSON.parse(text), bytes: Buffer.from(text) }, gatewayBuilds['gateway-2025']) ?? null,
  ).toBe(message)
})

test.each([
  ['letters', `{"a":"${'é'.repeat(8_000_000)}${'a'.repeat(16_000_000)}`],
  ['control characters that Go accepts', Buffer.concat([Buffer.from('"'), Buffer.alloc(32_000_000, 0x85)])],
  ['escapes', `"${String.raw`\n`.repeat(16_000_000)}`],
  ['escapes of code units', `"${String.raw`\u0041`.repeat(5_000_000)}`],
  ['spaces', ' '.repeat(32_000_000)],
  ['values', `[${'1,'.repeat(4_000_000)}`],
])('megabytes of %s are searched in linear time', (_name, text) => {
  const bytes = Buffer.from(text)
  const began = process.cpuUsage()
  expect(syntaxFault(bytes)).toBe('unexpected end of JSON input')
  expect(process.cpuUsage(began).user).toBeLessThan(2_000_000)
})

test('levels that Go does not read are not counted', () => {
  const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`
  expect(syntaxFault(Buffer.from(deep(10_000)))).toBeUndefined()
  expect(syntaxFault(Buffer.from(deep(10_001)))).toBe("invalid character '[' exceeded max depth")
})
