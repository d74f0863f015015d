import { restOf } from '../delays.ts'
import type { Step } from '../step.ts'
import { say, toPieces } from '../step.ts'
import type { Subject } from './style-helpers.ts'
import { lineOf, link, linksOf } from './style-helpers.ts'

const WORDS = toPieces({ bare: '\n![Image](', first: '![image](', next: '\n![image](', end: ')', endOfLine: ')\n' })

// What T3b says [S] in one language is translated in the other [G].
const PROSE = {
  zh: toPieces({ before: '给你画好了！\n', after: '\n\n给你画好了，', stop: '。' }),
  en: toPieces({ before: 'Here you go! \n', after: '\n\nHere you go: ', stop: '.' }),
}

/** T3: nothing but the picture, as markdown on a line of its own; one delta a picture. With prose it is T3b: a sentence before the pictures or after them. */
export function markdown(subject: Subject): Step[] {
  const { request, prose } = subject
  const links = linksOf(subject)
  const wait = restOf(request.waits) / links.length
  if (prose === 'none') return links.map(({ picture }) => say(wait, WORDS.bare, link(picture), WORDS.endOfLine))
  const words = PROSE[request.language]
  const pictures = links.map(({ picture }, i) =>
    say(wait, i === 0 ? WORDS.first : WORDS.next, link(picture), WORDS.end),
  )
  return prose === 'before'
    ? [say(0, words.before), ...pictures]
    : [...pictures, say(0, words.after, lineOf(request), words.stop)]
}
