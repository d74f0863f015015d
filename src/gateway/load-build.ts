import { z } from 'zod'
import { mapping, toProblems } from '../chat/zod-helpers.ts'
import { type SourceFile, FileError } from '../openapi/document.ts'
import type { JsonValue } from '../util/json.ts'
import type { GatewayBuild } from './build.ts'

const text = z.string()
const json = z.record(text, z.json())
const operation = text.regex(/^[A-Z]+ \/\S+$/)
const file = mapping({
  api: z.array(text),
  notBuilt: z.array(operation),
  relayed: z.array(operation),
  models: mapping({ entry: json, list: json, known: z.record(text, text) }),
  request: text,
  structs: z.record(text, z.record(text, text.regex(/^(?:string|bool|int|uint|float64|(?:\[\])?dto\.\w+)$/))),
})

/** The GatewayBuild of a file's value. Throws a FileError that lists all problems. Used by the build of the package. */
export function toGatewayBuild(value: JsonValue, source: Pick<SourceFile, 'file' | 'lineOf'>): GatewayBuild {
  const result = file.safeParse(value)
  if (!result.success) throw new FileError(toProblems(result.error.issues, source))
  return result.data
}
