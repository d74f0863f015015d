/** A scenario that was not used because of one condition. */
export interface NearMiss {
  readonly scenario: string
  /** The condition: `model`, `prompt`, `stream`, `references` or `nth`. Undefined if the text has another form. */
  readonly field: string | undefined
  readonly expected: string
  readonly actual: string
}

// The journal writes `NAME: model: expected 'flux', got 'dall-e-3'`. Both values may contain `, got `.
const FORM = /^([^]*?): (model|prompt|stream|references|nth): expected (\w+|[^']*'[^]*?'), got (\w+|'[^]*')$/

/** Reads a near miss of the journal. */
export function readNearMiss(text: string): NearMiss {
  const [, scenario = text, field, expected = '', actual = ''] = FORM.exec(text) ?? []
  return { scenario, field, expected, actual }
}

/** The unknown fields in a note. The note is cut, so there may be more. */
export function unknownIn(note: string | null): string[] {
  return (note ?? '').split('; ').filter((part) => part.startsWith('Unknown parameter: '))
}
