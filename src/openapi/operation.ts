import { escapePointer } from './json-pointer.ts'

/** Where a parameter stands in a request. */
export type ParameterPlace = 'path' | 'query' | 'header' | 'cookie'

/** A parameter of an Operation, as far as it must be known to read its value from text. */
export interface Parameter {
  readonly name: string
  readonly in: ParameterPlace
  readonly required: boolean
  readonly style: string
  readonly explode: boolean
  /** JSON types that the schema allows; empty when it allows any. */
  readonly types: readonly string[]
  readonly itemTypes: readonly string[]
  /** JSON types of the properties that an object's schema names. */
  readonly propertyTypes: Readonly<Record<string, readonly string[]>>
  /** JSON pointer of its schema; none for a parameter without one. */
  readonly schema: string | undefined
  /** It is written as JSON (`content: application/json`). */
  readonly isJson: boolean
}

/** One answer that an Operation documents. */
export interface ResponseSpec {
  /** `200`, `4XX` or `default`. */
  readonly status: string
  readonly mediaTypes: readonly string[]
  readonly pointer: string
}

/** The values that a schema lists by name, and the titles of its other branches: `gpt-image-1 …` and `flux-*`. */
export interface Alternatives {
  readonly values: readonly string[]
  readonly titles: readonly string[]
}

/** One method and path of the contract, ready to check requests and responses. */
export interface Operation {
  /** In capitals. */
  readonly method: string
  /** As the contract writes it, with `{parameters}`. */
  readonly path: string
  readonly operationId: string | undefined
  readonly parameters: readonly Parameter[]
  /** The body it takes; none when the contract names none. */
  readonly body:
    | { readonly required: boolean; readonly mediaTypes: readonly string[]; readonly pointer: string }
    | undefined
  /** The fields of its JSON body, as far as the contract names them. */
  readonly fields: readonly string[]
  /** What that body's `model` may be. */
  readonly models: Alternatives
  readonly responses: readonly ResponseSpec[]
}

/** Whether a media type, parameters aside, holds JSON. */
export function isJsonType(mediaType: string): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(mediaType)
}

/** The JSON pointer of an Operation's schema for JSON bodies; undefined where it takes none. */
export function bodySchemaOf({ body }: Pick<Operation, 'body'>): string | undefined {
  const mediaType = body?.mediaTypes.find(isJsonType)
  return body === undefined || mediaType === undefined
    ? undefined
    : `${body.pointer}/${escapePointer(mediaType)}/schema`
}
