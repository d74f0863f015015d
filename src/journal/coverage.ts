import { escapePointer } from '../openapi/json-pointer.ts'
import { type Operation, bodySchemaOf } from '../openapi/operation.ts'
import { deref, valueAt } from '../openapi/json-pointer.ts'
import { NOT_COUNTED } from '../store/store.ts'
import { type JsonObject, isObject } from '../util/json.ts'
import { type CoverageTargets, type Kind, CONTENTS, nameOf } from './coverage-keys.ts'
import { type CoverageScope, namesIn } from './coverage-scope.ts'
import type { SectionName } from './coverage-thresholds.ts'

/** One thing that requests can cover. */
export interface Item {
  readonly name: string
  /** How many requests covered it. */
  readonly count: number
  /** Whether the contract or the mock defines it. */
  readonly known: boolean
  /** Whether `covered`, `total` and `percent` of the section count it. */
  readonly inTotal: boolean
}

/** All items of a kind. */
export interface Section {
  /** Number of items in the total that are covered. */
  readonly covered: number
  /** Number of items in the total. */
  readonly total: number
  /** Rounded down, so 100 means that all are covered. */
  readonly percent: number
  /** The items in the total, and all others that were used. */
  readonly items: readonly Item[]
}

/** A violation of the contract, and how many requests had it. */
export interface ViolationCount {
  /** `type:messages[].content`, `unknown:temprature` */
  readonly code: string
  readonly count: number
  /** `POST /path` */
  readonly operation: string
  /** JSON pointer of the schema that the request violates; null if it was not found. */
  readonly pointer: string | null
  /** What is wrong, and what is allowed. */
  readonly hint: string
}

/** Chat requests that had the same model, form, status, scenario and contents, and how many there were. */
export interface Combination {
  /** A model or a family; null for a model that the contract does not name. */
  readonly model: string | null
  readonly form: 'stream' | 'whole'
  readonly status: number
  /** The scenario of the responses; null if they had none. */
  readonly scenario: string | null
  /** The kinds of content in the requests, as in `contents`. */
  readonly contents: readonly string[]
  readonly count: number
}

/**
 * Which parts of the contract and of the mock the requests have covered, and which not. It is plain JSON data.
 * @example
 * const { parameters, violations } = await mock.coverage()
 * console.log(parameters.percent, parameters.items.filter(({ count }) => count === 0).map(({ name }) => name))
 * expect(violations).toEqual([])
 */
export interface Coverage extends Readonly<Record<SectionName, Section>> {
  readonly violations: readonly ViolationCount[]
  /** Fields and query parameters that the contract does not name. Most are spelling errors, and have no effect. */
  readonly unknownFields: readonly ViolationCount[]
  /** The chat requests by model, form, status, scenario and contents: what was tried together. */
  readonly combinations: readonly Combination[]
  /** How often something was used that is not in the items, because there are 10,000 different ones. */
  readonly notCounted: number
}

type Counts = ReadonlyMap<string, number>

/** Computes the Coverage from a Store's coverage keys and their counts. Throws an OptionError for an invalid scope. */
export function toCoverage(keys: Counts, targets: CoverageTargets, scope: CoverageScope = {}): Coverage {
  const { contract, models, families, scenarios } = targets
  const { operations } = contract
  const countsOf = (kind: Kind): Counts =>
    new Map([...keys].filter(([key]) => key.startsWith(`${kind} `)).map(([key, n]) => [key.slice(kind.length + 1), n]))
  const required = namesIn(scope, targets)
  const section = (kind: Kind, names: readonly string[], inTotal = names): Section =>
    toSection(countsOf(kind), names, inTotal)
  const hasModels = models.length + families.length > 0
  return {
    operations: section('operation', operations.map(nameOf)),
    models: section('model', [...models, ...families], [...countsOf('model').keys(), ...required.models]),
    parameters: section(
      'parameter',
      operations.flatMap((operation) => parametersOf(operation, operation.fields)),
      operations.flatMap((operation) => parametersOf(operation, countedFields(operation))),
    ),
    contents: section('content', hasModels ? CONTENTS : []),
    forms: section('form', hasModels ? ['stream', 'whole'] : []),
    statuses: toSection(asDocumented(countsOf('status'), operations), operations.flatMap(statusesOf)),
    codes: section('code', []),
    scenarios: section('scenario', scenarios, required.scenarios),
    violations: violationsOf(countsOf('violation'), targets),
    unknownFields: violationsOf(countsOf('unknown'), targets),
    combinations: [...countsOf('combination')].map(toCombination),
    notCounted: keys.get(NOT_COUNTED) ?? 0,
  }
}

function toCombination([name, count]: readonly [string, number]): Combination {
  const [model = '', form, status, scenario = '', contents = ''] = name.split('\t')
  return {
    model: model === '' ? null : model,
    form: form === 'stream' ? 'stream' : 'whole',
    status: Number(status),
    scenario: scenario === '' ? null : scenario,
    contents: contents === '' ? [] : contents.split(','),
    count,
  }
}

function parametersOf(operation: Operation, fields: readonly string[]): string[] {
  return [
    ...operation.parameters.map(({ in: place, name }) => `${nameOf(operation)} ${place} ${name}`),
    ...fields.map((name) => `${nameOf(operation)} body ${name}`),
  ]
}

function countedFields({ fields, ignored }: Operation): string[] {
  return fields.filter((name) => !ignored.includes(name))
}

function toSection(counts: Counts, names: readonly string[], inTotal = names): Section {
  const known = new Set(names)
  const counted = new Set(inTotal)
  const toItem = (name: string): Item => {
    const isKnown = known.has(name)
    return { name, count: counts.get(name) ?? 0, known: isKnown, inTotal: isKnown && counted.has(name) }
  }
  const listed = [...known].filter((name) => counted.has(name) || counts.has(name))
  const unknown = [...counts.keys()].filter((name) => !known.has(name)).toSorted()
  const items = [...listed, ...unknown].map(toItem)
  const total = items.filter((item) => item.inTotal).length
  const covered = items.filter((item) => item.inTotal && item.count > 0).length
  return { covered, total, percent: total === 0 ? 100 : Math.floor((100 * covered) / total), items }
}

// `default` matches any status, so it cannot be reported as not covered.
function statusesOf(operation: Operation): string[] {
  return operation.responses
    .filter(({ status }) => status !== 'default')
    .map(({ status }) => `${nameOf(operation)} ${status.toUpperCase()}`)
}

// If the contract documents only a class such as 4XX, a 404 counts for the class.
function asDocumented(counts: Counts, operations: readonly Operation[]): Map<string, number> {
  const documented = new Set(operations.flatMap(statusesOf))
  const result = new Map<string, number>()
  for (const [name, count] of counts) {
    const range = `${name.slice(0, -2)}XX`
    const key = !documented.has(name) && documented.has(range) ? range : name
    result.set(key, (result.get(key) ?? 0) + count)
  }
  return result
}

// The key holds operation, code and hint, separated by tabs. Operation and code are counted together under one hint.
function violationsOf(counts: Counts, { contract }: CoverageTargets): ViolationCount[] {
  const found = new Map<string, ViolationCount>()
  for (const [name, count] of counts) {
    const [operation = '', code = '', hint = ''] = name.split('\t')
    const key = `${operation}\t${code}`
    const first = found.get(key) ?? { code, count: 0, operation, pointer: null, hint }
    found.set(key, { ...first, count: first.count + count })
  }
  const operations = new Map(contract.operations.map((operation) => [nameOf(operation), operation]))
  const withPointer = (violation: ViolationCount): ViolationCount => {
    const { operation, code } = violation
    const target = operations.get(operation)
    const pointer = target && pointerOf(contract.document, target, code.slice(code.indexOf(':') + 1))
    return { ...violation, pointer: pointer ?? null }
  }
  return [...found.values()].toSorted((a, b) => b.count - a.count).map(withPointer)
}

// JSON pointer of the innermost schema for a violation's `param`, such as `messages[].role`.
function pointerOf(document: JsonObject, operation: Operation, param: string): string | undefined {
  const keys = param === 'body' ? [] : param.replaceAll('[]', '.[]').split('.').filter(Boolean)
  const body = bodySchemaOf(operation)
  const parameter = operation.parameters.find(({ name }) => name === keys[0])
  const start =
    body === undefined || (parameter !== undefined && !operation.fields.includes(parameter.name))
      ? parameter?.schema
      : body
  if (start === undefined) return operation.body?.pointer
  let pointers = [start]
  for (const key of start === body ? keys : keys.slice(1)) {
    const next = pointers.flatMap((pointer) => composedAt(document, pointer)).flatMap((schema) => childOf(schema, key))
    if (next.length === 0) break
    pointers = [...new Set(next)] // the branches of a schema that contains itself lead to the same places
  }
  return pointers[0]
}

interface SchemaAt {
  readonly pointer: string
  readonly schema: JsonObject
}

// A schema and the branches of its allOf, anyOf and oneOf, each with its JSON pointer.
function composedAt(document: JsonObject, pointer: string, seen: Set<string> = new Set()): SchemaAt[] {
  const place = deref(document, valueAt(document, pointer) ?? null, pointer)
  if (!isObject(place.value) || seen.has(place.pointer)) return []
  seen.add(place.pointer)
  const schema = place.value
  const branches = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => {
    const list = schema[key]
    return Array.isArray(list) ? list.map((_branch, i) => `${place.pointer}/${key}/${i}`) : []
  })
  return [{ pointer: place.pointer, schema }, ...branches.flatMap((branch) => composedAt(document, branch, seen))]
}

function childOf({ pointer, schema }: SchemaAt, key: string): string[] {
  if (key === '[]') return isObject(schema['items']) ? [`${pointer}/items`] : []
  return isObject(schema['properties']) && Object.hasOwn(schema['properties'], key)
    ? [`${pointer}/properties/${escapePointer(key)}`]
    : []
}
