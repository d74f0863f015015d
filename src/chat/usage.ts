/** The tokens of a request and its answer, as section 7 of the provider's behaviour counts them [M]. */
export interface Usage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: {
    readonly text_tokens: number
    readonly cached_tokens_details: Readonly<Record<string, never>>
  }
  readonly completion_tokens_details: Readonly<Record<string, never>>
}
