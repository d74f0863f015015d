import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { didYouMean } from '../util/suggest.ts'
import { type Place, deref, escapePointer, valueAt } from './json-pointer.ts'
import { type Operation, isJsonType, schemaPointer } from './operation.ts'
import { describeSchema, valuesOf } from './schema-words.ts'
import type { Violation } from './violation.ts'

/** The rule of the contract that a request breaks. */
export interface Rule {
  /** JSON pointer of the rule in the document. */
  readonly pointer: string
  /** How to fix the request. */
  readonly hint: string
}

/** Maximum number of schemas that are searched for one rule. */
const MAX_STEPS = 10_000

/** Finds the rule that a Violation breaks. Undefined if it is not found, for example behind a `patternProperties`. */
export function findRule(document: JsonObject, operation: Operation, violation: Violation): Rule | undefined {
  const { param, reason, value } = violation
  if (param === 'body' && operation.body !== undefined)
    return { pointer: `${parentOf(operation.body.pointer)}/required`, hint: 'Send a body.' }
  const search: Search = { document, left: MAX_STEPS }
  const found = startsOf(document, operation, violation)
    .map(({ place, rest }) => follow([place], rest, search))
    .find(({ places }) => places.length > 0 || reason === 'unknown')
  const [place] = found?.places ?? []
  if (found === undefined || search.left < 0) return undefined
  if (reason === 'unknown') return unknownRule(found, param)
  if (place === undefined) return undefined
  const allowed = describeSchema(document, place.value)
  if (reason === 'missing') {
    const owner = found.owners.find((one) => isRequired(one, found.name))
    const pointer = owner === undefined ? `${parentOf(place.pointer)}/required` : `${owner.pointer}/required`
    return { pointer, hint: `Add '${param}': ${allowed}.` }
  }
  const suggestion = typeof value === 'string' ? didYouMean(value.slice(0, 64), valuesOf(document, place.value)) : ''
  const hint = suggestion === '' ? '' : `${suggestion.trim()} `
  const isType = reason === 'type' && isObject(place.value) && place.value['type'] !== undefined
  return { pointer: isType ? `${place.pointer}/type` : place.pointer, hint: `${hint}Use ${allowed}.` }
}

interface Search {
  readonly document: JsonObject
  left: number
}

interface Found {
  /** The schemas of the value. */
  readonly places: readonly Place[]
  /** The schemas of the object that contains it. */
  readonly owners: readonly Place[]
  /** Its name in that object. */
  readonly name: string
}

function parentOf(pointer: string): string {
  return pointer.slice(0, pointer.lastIndexOf('/'))
}

function isRequired({ value }: Place, name: string): boolean {
  const required = isObject(value) ? value['required'] : undefined
  return Array.isArray(required) && required.includes(name)
}

function unknownRule({ owners, name }: Found, param: string): Rule | undefined {
  const named = owners.filter(({ value }) => isObject(value) && isObject(value['properties']))
  const [first] = named
  if (first === undefined) return undefined
  const names = named.flatMap(({ value }) =>
    isObject(value) && isObject(value['properties']) ? Object.keys(value['properties']) : [],
  )
  return { pointer: `${first.pointer}/properties`, hint: `Remove '${param.slice(0, 200)}'.${didYouMean(name, names)}` }
}

// Where the search begins: the schema of the body, and those of the parameters with this name.
function startsOf(document: JsonObject, { body, parameters }: Operation, { param, message }: Violation): Start[] {
  const ofBody = (body?.mediaTypes ?? [])
    .filter(isJsonType)
    .map((mediaType) => ({ pointer: schemaPointer(body?.pointer ?? '', mediaType), rest: param }))
  const ofParameters = parameters.flatMap(({ name, schema }) =>
    schema !== undefined && isPrefix(name, param)
      ? [{ pointer: schema, rest: param.slice(name.length).replace(/^\./, '') }]
      : [],
  )
  return [...(IN_PARAMETER.test(message) ? [] : ofBody), ...ofParameters].flatMap(({ pointer, rest }) => {
    const value = valueAt(document, pointer)
    return value === undefined ? [] : [{ place: { value, pointer }, rest }]
  })
}

interface Start {
  readonly place: Place
  readonly rest: string
}

// The message about a missing or unknown parameter names its place: the body may have a field of the same name.
const IN_PARAMETER = /' \(in (?:query|header|path|cookie)\)\./

function isPrefix(name: string, param: string): boolean {
  return name !== '' && param.startsWith(name) && ['', '.', '['].includes(param.charAt(name.length))
}

// Follows a param such as `messages[0].content` through the schemas.
function follow(places: readonly Place[], param: string, search: Search): Found {
  let found: Found = { places, owners: [], name: '' }
  let rest = param
  while (rest !== '' && found.places.length > 0) {
    const owners = found.places.flatMap((place) => formsOf(place, search))
    const [index = ''] = /^\[\d+\]/.exec(rest) ?? []
    const name = index === '' ? propertyIn(owners, rest) : ''
    const next = owners.flatMap((owner) => childIn(owner, index === '' ? ['properties', name] : ['items']))
    found = { places: next, owners, name: name === '' ? rest : name }
    rest = rest.slice(index === '' ? name.length : index.length).replace(/^\./, '')
    if (search.left < 0) break
  }
  return found
}

// The longest name of a property with which the rest begins: a name may contain a dot.
function propertyIn(owners: readonly Place[], rest: string): string {
  const names = owners.flatMap(({ value }) => {
    const properties = isObject(value) ? value['properties'] : undefined
    return isObject(properties) ? Object.keys(properties).filter((name) => isPrefix(name, rest)) : []
  })
  return names.toSorted((a, b) => b.length - a.length)[0] ?? ''
}

function childIn({ value, pointer }: Place, path: readonly string[]): Place[] {
  let at: JsonValue | undefined = value
  for (const key of path) at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined
  return at === undefined ? [] : [{ value: at, pointer: [pointer, ...path.map(escapePointer)].join('/') }]
}

// A schema and those in its allOf, anyOf and oneOf, each once.
function formsOf(place: Place, search: Search, seen: Set<string> = new Set()): Place[] {
  const found = deref(search.document, place.value, place.pointer)
  const { value, pointer } = found
  search.left--
  if (!isObject(value) || seen.has(pointer) || search.left < 0) return []
  seen.add(pointer)
  const branches = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => {
    const list = value[key]
    return Array.isArray(list)
      ? list.map((item: JsonValue, i) => ({ value: item, pointer: `${pointer}/${key}/${i}` }))
      : []
  })
  return [found, ...branches.flatMap((branch) => formsOf(branch, search, seen))]
}
