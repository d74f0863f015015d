import type { Step } from '../step.ts'
import { say, toPiece } from '../step.ts'
import type { Subject } from './piece.ts'
import { link, linksOf, quote } from './piece.ts'

const WORDS = { picture: toPiece('\n\n![Image]('), download: toPiece(')\n\n[Click to download]('), end: toPiece(')') }

/** T7b: the prompt and the ratio as bare JSON, then each picture with the same link for its download. */
export function promptJson(subject: Subject): Step[] {
  const { prompt, ratio, duration } = subject.request
  const block = toPiece(`{\n "prompt": ${quote(prompt)},\n "aspect_ratio": "${ratio}"\n}`)
  const pictures = linksOf(subject).flatMap(({ picture }) => [WORDS.picture, link(picture), WORDS.download, link(picture), WORDS.end])
  return [say(duration * 0.1, block), say(duration * 0.9, ...pictures)]
}
