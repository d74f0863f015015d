import type { Step } from '../step.ts'
import { say, toPiece } from '../step.ts'
import type { Subject } from './piece.ts'
import { link, linksOf } from './piece.ts'

const WORDS = { picture: toPiece('\n![Image]('), end: toPiece(')\n') }

/** T3: nothing but the picture, as markdown on a line of its own; one delta a picture. */
export function markdown(subject: Subject): Step[] {
  const links = linksOf(subject)
  return links.map(({ picture }) => say(subject.request.duration / links.length, WORDS.picture, link(picture), WORDS.end))
}
