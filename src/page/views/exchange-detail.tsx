/** ExchangeDetail. */
export function ExchangeDetail(_: { readonly id?: string }) {
  return <p />
}
