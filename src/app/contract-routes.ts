import type { Operation } from '../openapi/operation.ts'
import { type PathTemplate, honoPath, toPathTemplate } from '../openapi/path-template.ts'
import { type Behaviour, behaviourOf, isChat, isModels } from './routes/operations.ts'
import type { Settings } from './settings.ts'

/** An Operation with its path template and its behaviour. */
export interface Route {
  readonly operation: Operation
  readonly template: PathTemplate
  readonly behaviour: Behaviour
  readonly isChat: boolean
  /** Whether it lists models. */
  readonly isModels: boolean
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

/** The routes of a contract by path, in the order in which they are tried: concrete paths before templated ones. */
export function contractRoutes({ contract, packaged }: Pick<Settings, 'contract' | 'packaged'>): PathRoutes[] {
  const byShape = new Map<string, Operation[]>()
  for (const operation of contract.operations) {
    const shape = operation.path.replaceAll(/\{[^}]+\}/g, '{}')
    const others = byShape.get(shape)
    if (others === undefined) byShape.set(shape, [operation])
    else others.push(operation)
  }
  return [...byShape]
    .toSorted(([a], [b]) => Number(a.includes('{')) - Number(b.includes('{')))
    .map(([, operations]) => {
      const routes = operations.map((operation): Route => {
        const behaviour = behaviourOf(operation, packaged, contract)
        const kinds = { isChat: isChat(operation, packaged), isModels: isModels(operation, packaged) }
        return { operation, template: templateOf(operation.path), behaviour, ...kinds }
      })
      const path = operations[0]?.path ?? ''
      const methods = operations.map(({ method }) => method)
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
