const dataset: DOMStringMap = document.getElementById('page')?.dataset ?? {}

/** The path before the paths of the contract, such as `/v1`; empty if they have none in common. */
export const BASE_PATH = dataset['basePath'] ?? ''

/** Whether the control API needs a token. */
export const IS_TOKEN_NEEDED = dataset['token'] === 'required'

/** The path of the contract's document. */
export function contractPath(format: 'yaml' | 'json'): string {
  return (dataset['contract'] ?? '/openapi.yaml').replace(/yaml$/, format)
}
