import type { Scenario, Scenarios, Then } from './scenario.ts'

/** Before the name of any scenario: the vendor behind the gateway responds so. */
const VENDOR = 'vendor-'

/**
 * The Scenario of a name. `vendor-NAME` is the Scenario NAME at the vendor behind the gateway: a client sees what the
 * gateway makes of it. Undefined if there is none.
 */
export function findScenario(scenarios: Scenarios, name: string): Scenario | undefined {
  const own = scenarios.get(name)
  if (own !== undefined) return own
  const cause = name.startsWith(VENDOR) ? scenarios.get(name.slice(VENDOR.length)) : undefined
  return cause && { ...cause, name, from: 'vendor', then: atVendor(cause.then) }
}

function atVendor({ sequence, ...then }: Then): Then {
  return sequence === undefined ? { ...then, relay: true } : { sequence: sequence.map(atVendor) }
}
