import type { Route } from '../route.ts'

/** Try. */
export function TryView({ route }: { readonly route: Route }) {
  return <p>{route.view}</p>
}
