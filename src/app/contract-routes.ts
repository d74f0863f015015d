import type { Operation } from '../openapi/operation.ts'
import { type PathTemplate, honoPath, toPathTemplate } from '../openapi/path-template.ts'
import { type Behaviour, behaviourOf, isChat, isModels } from './routes/operations.ts'
import { respondWithSample } from './routes/samples.ts'
import type { Settings } from './settings.ts'

/** An Operation with its path template and its behaviour. */
export interface Route {
  readonly operation: Operation
  readonly template: PathTemplate
  readonly behaviour: Behaviour
  readonly isChat: boolean
  /** Whether it lists models. */
  readonly isModels: boolean
  /** Whether it has no custom behaviour: it returns an example or a sample. */
  readonly isSampled: boolean
}

/** The operations of one path, and of those that differ from it only in the names of the parameters. */
export interface PathRoutes {
  /** In Hono's syntax. It may match more paths than the template. */
  readonly path: string
  readonly template: PathTemplate
  readonly routes: readonly Route[]
  /** The methods of the operations, in upper case. */
  readonly methods: readonly string[]
}

/**
 * The routes of a contract by path, in the order in which they are tried: concrete paths before templated ones. Each
 * operation also has its path below the base paths of `servers`.
 */
export function contractRoutes({ contract, packaged }: Pick<Settings, 'contract' | 'packaged'>): PathRoutes[] {
  const byShape = new Map<string, { readonly operation: Operation; readonly path: string }[]>()
  const add = (operation: Operation, path: string): void => {
    const shape = path.replaceAll(/\{[^}]+\}/g, '{}')
    const others = byShape.get(shape) ?? []
    others.push({ operation, path })
    byShape.set(shape, others)
  }
  for (const operation of contract.operations) add(operation, operation.path)
  for (const operation of contract.operations) for (const base of operation.bases) add(operation, base + operation.path)
  return [...byShape]
    .toSorted(([a], [b]) => Number(a.includes('{')) - Number(b.includes('{')))
    .map(([, operations]) => {
      const routes = operations.map(({ operation, path: own }): Route => {
        const behaviour = behaviourOf(operation, packaged, contract)
        const isSampled = behaviour === respondWithSample
        const kinds = { isChat: isChat(operation, packaged), isModels: isModels(operation, packaged), isSampled }
        return { operation, template: templateOf(own), behaviour, ...kinds }
      })
      const path = operations[0]?.path ?? ''
      const methods = [...new Set(operations.map(({ operation }) => operation.method))]
      return { path: honoPath(decodePath(path)), template: templateOf(path), routes, methods }
    })
}

function templateOf(path: string): PathTemplate {
  const decoded = decodePath(path)
  return honoPath(decoded) === decoded ? EXACT : toPathTemplate(decoded)
}

// Hono matches a path without parameters exactly.
const NO_VALUES = {}
const EXACT: PathTemplate = { matches: () => true, read: () => NO_VALUES, readRaw: () => NO_VALUES }

// Decodes as Hono does: %2F and %25 stay, so that the number of segments does not change.
function decodePath(path: string): string {
  try {
    return decodeURI(path.replaceAll('%25', '%2525'))
  } catch {
    return path
  }
}
