import type { Route } from '../route.ts'

/** Provoke. */
export function ProvokeView({ route }: { readonly route: Route }) {
  return <p>{route.view}</p>
}
