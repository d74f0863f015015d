import type { Route } from '../route.ts'

/** Models. */
export function ModelsView({ route }: { readonly route: Route }) {
  return <p>{route.view}</p>
}
