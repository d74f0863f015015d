import type { GatewayDialect } from '../errors/error-spec.ts'
import type { JsonObject } from '../util/json.ts'

/** What one generation of the gateway's builds knows of its own API: the content of a file of fixtures/gateway/. */
export interface GatewayBuild {
  /** Unknown paths below these are a 404 in JSON. All others are pages of the dashboard. */
  readonly api: readonly string[]
  /** The operations that exist and are not implemented, as `METHOD /path`. */
  readonly notBuilt: readonly string[]
  /** The operations that the gateway passes on to a vendor, in addition to chat. */
  readonly relayed: readonly string[]
  readonly models: {
    /** The fields of one model after its id. The text `{id}` is its name. */
    readonly entry: JsonObject
    /** The fields of the list after its data. */
    readonly list: JsonObject
    /** The owners of the models that can be read one by one. */
    readonly known: Readonly<Record<string, string>>
  }
  /** The Go struct of a chat request. */
  readonly request: string
  /** The types of the fields of each Go struct. Fields of any type are left out. */
  readonly structs: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** The builds, by the name of their dialect. */
export type GatewayBuilds = Readonly<Record<GatewayDialect, GatewayBuild>>
