import type { Profiles } from './chat/profile.ts'
import type { GatewayBuilds } from './gateway/build.ts'
import type { Scenarios } from './scenarios/scenario.ts'
import type { JsonObject } from './util/json.ts'
import type { Operation } from './openapi/operation.ts'
import type { Validator } from './openapi/validator.ts'

/**
 * build/prepared.js, which the build writes: the packaged contract, its Operations and their compiled validators, the
 * packaged profiles, scenarios and builds of the gateway, and the version of the package.
 */
export const document: () => JsonObject
export const operations: readonly Operation[]
export const validators: ReadonlyMap<string, Validator>
export const profiles: Profiles
export const scenarios: Scenarios
export const gatewayBuilds: GatewayBuilds
export const version: string
/** Where the facts of the packaged profiles come from, by the name of the profile and of the fact. */
export const evidence: () => Readonly<Record<string, Readonly<Record<string, string>>>>
