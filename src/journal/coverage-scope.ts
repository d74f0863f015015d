import { isMeant } from '../chat/profile.ts'
import { OptionError } from '../util/option-error.ts'
import { didYouMean } from '../util/suggest.ts'
import { type CoverageTargets, modelOf } from './coverage-keys.ts'

/**
 * What the totals of a Coverage contain in addition to the contract. By default these are the models that were used,
 * and no scenarios. Each field is a name or a list of names; `all` is all of them, and `name-*` those that begin with
 * `name-`.
 * @example
 * await mock.total({ models: ['flux', 'nano-banana'], scenarios: 'all' })
 */
export interface CoverageScope {
  /** Models that must be used. */
  readonly models?: string | readonly string[]
  /** Scenarios that must be used. */
  readonly scenarios?: string | readonly string[]
}

interface ScopeNames {
  readonly models: readonly string[]
  readonly scenarios: readonly string[]
}

/**
 * The names that a scope selects, as coverage keys have them. Throws an OptionError for an invalid scope or an unknown
 * name.
 */
export function namesIn(scope: CoverageScope, targets: CoverageTargets): ScopeNames {
  const unknown = Object.keys(scope).find((option) => option !== 'models' && option !== 'scenarios')
  if (unknown !== undefined) throw new RangeError(`coverage: unknown option '${unknown}'. Use models or scenarios.`)
  const models = [...targets.models, ...targets.families]
  return {
    models: toNames('models', scope.models, {
      known: models,
      all: models,
      find: (name) => (name.endsWith('*') ? undefined : modelOf(name, targets)),
    }),
    scenarios: toNames('scenarios', scope.scenarios, { known: targets.scenarios, all: targets.allScenarios }),
  }
}

interface Known {
  readonly known: readonly string[]
  /** What `all` stands for. */
  readonly all: readonly string[]
  /** The name under which another one counts, such as the family of a model. */
  readonly find?: (name: string) => string | undefined
}

function toNames(option: string, given: unknown = [], { known, all, find }: Known): readonly string[] {
  const names: readonly unknown[] = Array.isArray(given) ? given : [given]
  return names.flatMap((name) => {
    if (typeof name !== 'string')
      throw new OptionError((nameOf) => `${nameOf(option)}: this value is not valid. Use a name or a list of names.`)
    if (name === 'all') return all
    const other = find?.(name)
    const found = other === undefined ? known.filter((one) => isMeant(name, one)) : [other]
    if (found.length > 0) return found
    const hint = didYouMean(name, known) || ` The command \`chat-image-mock ${option}\` lists all.`
    throw new OptionError(
      (nameOf) => `${nameOf(option)}: there is no ${option.slice(0, -1)} '${name.slice(0, 200)}'.${hint}`,
    )
  })
}
