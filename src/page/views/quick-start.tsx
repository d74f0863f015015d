/** QuickStart. */
export function QuickStart(_: { readonly id?: string }) {
  return <p />
}
