import XMLBuilder from 'fast-xml-builder'
import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { composedPlaces, valueAt } from './json-pointer.ts'

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  format: true,
  suppressEmptyNode: true,
})

/** Writes a value as XML by the `xml` hints of the schema at a JSON pointer: name, prefix, namespace, attribute, wrapped. */
export function writeXml(document: JsonObject, pointer: string, value: JsonValue): string {
  const hints = hintsOf(document, pointer)
  const name = qualified(hints, hints.name ?? nameIn(document, pointer) ?? 'root')
  const item = itemsOf(document, pointer)
  const content = Array.isArray(value)
    ? { [itemName(document, item, name)]: value.map((one: JsonValue) => toContent(document, item, one)) }
    : toContent(document, pointer, value)
  const root = isObject(content) || Array.isArray(value) ? { ...namespaceOf(hints), ...asObject(content) } : content
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [name]: root })}`
}

function asObject(content: JsonValue): JsonObject {
  return isObject(content) ? content : {}
}

interface Hints {
  readonly name?: string
  readonly prefix?: string
  readonly namespace?: string
  readonly attribute: boolean
  readonly wrapped: boolean
}

function hintsOf(document: JsonObject, pointer: string | undefined): Hints {
  const schemas = pointer === undefined ? [] : composedPlaces(document, pointer).map(({ value }) => value)
  const all = schemas.map((schema) => (isObject(schema) ? schema['xml'] : undefined)).filter(isObject)
  const xml: JsonObject = Object.fromEntries(all.toReversed().flatMap((one) => Object.entries(one)))
  const text = (key: string): object => (typeof xml[key] === 'string' ? { [key]: xml[key] } : {})
  return {
    ...text('name'),
    ...text('prefix'),
    ...text('namespace'),
    attribute: xml['attribute'] === true,
    wrapped: xml['wrapped'] === true,
  }
}

function qualified({ prefix }: Hints, name: string): string {
  return toName(prefix === undefined ? name : `${prefix}:${name}`)
}

// The characters of a name in XML 1.0, and those of them with which no name begins.
const BEGIN = [
  String.raw`:A-Z_a-z\xC0-\xD6\xD8-\xF6\xF8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D\u2070-\u218F`,
  String.raw`\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\u{10000}-\u{EFFFF}`,
].join('')
const REST = String.raw`\-.0-9\xB7\u0300-\u036F\u203F\u2040`
const NOT_IN_NAME = new RegExp(`[^${BEGIN}${REST}]`, 'gu')
const BEGINS_AS_NAME = new RegExp(`^[${BEGIN}]`, 'u')

// A name of a contract can be any text, which the builder would write as markup. `<k>` becomes `_k_`.
function toName(text: string): string {
  const name = text.replace(NOT_IN_NAME, '_')
  return BEGINS_AS_NAME.test(name) ? name : `_${name}`
}

function namespaceOf({ prefix, namespace }: Hints): JsonObject {
  if (namespace === undefined) return {}
  return { [prefix === undefined ? '@xmlns' : `@xmlns:${toName(prefix)}`]: namespace }
}

// A schema in the components has the name of its component.
function nameIn(document: JsonObject, pointer: string): string | undefined {
  return composedPlaces(document, pointer)
    .map((place) => /^\/components\/schemas\/([^/]+)$/.exec(place.pointer)?.[1])
    .find((name) => name !== undefined)
}

function toContent(document: JsonObject, pointer: string | undefined, value: JsonValue): JsonValue {
  if (!isObject(value)) return value === null ? '' : value
  const entries = Object.entries(value).map(([key, inner]): [string, JsonValue] => {
    const property = propertyOf(document, pointer, key)
    const hints = hintsOf(document, property)
    const name = qualified(hints, hints.name ?? key)
    if (hints.attribute) return [`@${name}`, inner]
    if (!Array.isArray(inner)) return [name, toElement(document, property, inner)]
    const item = itemsOf(document, property)
    const items = inner.map((one: JsonValue) => toElement(document, item, one))
    return hints.wrapped
      ? [name, { ...namespaceOf(hints), [itemName(document, item, key)]: items }]
      : [itemName(document, item, name), items]
  })
  return Object.fromEntries(entries)
}

function toElement(document: JsonObject, pointer: string | undefined, value: JsonValue): JsonValue {
  const content = toContent(document, pointer, value)
  return isObject(content) ? { ...namespaceOf(hintsOf(document, pointer)), ...content } : content
}

function itemName(document: JsonObject, item: string | undefined, fallback: string): string {
  const hints = hintsOf(document, item)
  return hints.name === undefined ? toName(fallback) : qualified(hints, hints.name)
}

function propertyOf(document: JsonObject, pointer: string | undefined, key: string): string | undefined {
  const places = pointer === undefined ? [] : composedPlaces(document, pointer)
  const owner = places.find(
    ({ value }) => isObject(value) && isObject(value['properties']) && Object.hasOwn(value['properties'], key),
  )
  return owner === undefined
    ? undefined
    : `${owner.pointer}/properties/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function itemsOf(document: JsonObject, pointer: string | undefined): string | undefined {
  const places = pointer === undefined ? [] : composedPlaces(document, pointer)
  const owner = places.find(({ pointer: at }) => isObject(valueAt(document, `${at}/items`)))
  return owner === undefined ? undefined : `${owner.pointer}/items`
}
