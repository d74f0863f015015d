import { restOf } from '../delays.ts'
import type { Step } from '../step.ts'
import { say, toPiece, toPieces } from '../step.ts'
import type { Subject } from './style-helpers.ts'
import { link, linksOf, quote } from './style-helpers.ts'

const WORDS = toPieces({ picture: '\n\n![Image](', download: ')\n\n[Click to download](', end: ')' })

/** T7b: the prompt and the ratio as bare JSON, then each picture with the same link for its download. */
export function promptJson(subject: Subject): Step[] {
  const { prompt, ratio, waits } = subject.request
  const block = toPiece(`{\n "prompt": ${quote(prompt)},\n "aspect_ratio": "${ratio}"\n}`)
  const pictures = linksOf(subject).flatMap(({ picture }) => [
    WORDS.picture,
    link(picture),
    WORDS.download,
    link(picture),
    WORDS.end,
  ])
  return [say(0, block), say(restOf(waits), ...pictures)]
}
