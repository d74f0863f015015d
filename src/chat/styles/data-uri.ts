import { restOf } from '../delays.ts'
import type { Step } from '../step.ts'
import { say, toPieces } from '../step.ts'
import type { Subject } from './style-helpers.ts'
import { dataUrisOf } from './style-helpers.ts'

const WORDS = toPieces({ first: '![image](', next: '\n![image](', end: ')' })

/** T4: the picture's own bytes, each whole in one delta and without line breaks; a stock new-api writes so what Gemini draws. */
export async function dataUri(subject: Subject): Promise<Step[]> {
  const pictures = await dataUrisOf(subject)
  return pictures.map((picture, i) =>
    say(restOf(subject.request.waits) / pictures.length, i === 0 ? WORDS.first : WORDS.next, picture, WORDS.end),
  )
}
