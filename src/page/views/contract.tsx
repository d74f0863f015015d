import type { Route } from '../route.ts'

/** Contract. */
export function ContractView({ route }: { readonly route: Route }) {
  return <p>{route.view}</p>
}
