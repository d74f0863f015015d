import type { Route } from '../route.ts'

/** Coverage. */
export function CoverageView({ route }: { readonly route: Route }) {
  return <p>{route.view}</p>
}
