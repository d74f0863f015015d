/** The token counts that the gateway makes itself, with its fields in their order [M]. */
export function gatewayUsage(prompt: number, completion: number): object {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: 0, text_tokens: 0, audio_tokens: 0, image_tokens: 0 },
    completion_tokens_details: { text_tokens: 0, audio_tokens: 0, image_tokens: 0, reasoning_tokens: 0 },
    input_tokens: 0,
    output_tokens: 0,
    input_tokens_details: null,
    claude_cache_creation_5_m_tokens: 0,
    claude_cache_creation_1_h_tokens: 0,
  }
}

/** The gateway's own count of the tokens of a prompt, from that of the provider: 6 tokens besides its text, not 7 [S]. */
export function gatewayPromptTokens(promptTokens: number): number {
  return promptTokens - 1
}
