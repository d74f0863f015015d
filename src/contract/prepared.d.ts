import type { JsonObject, JsonValue } from './json.ts'
import type { Validator } from './validator.ts'

/** What the build wrote into dist/prepared.js: the packaged contract, its validators, and the packaged data. */
export const document: JsonObject
export const validators: ReadonlyMap<string, Validator>
export const profiles: JsonValue
