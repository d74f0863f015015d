import { restOf } from '../delays.ts'
import { nameOf } from '../size.ts'
import type { Step } from '../step.ts'
import { say, toPiece, toPieces } from '../step.ts'
import type { Subject } from './style-helpers.ts'
import { lineOf, link, linksOf, quote } from './style-helpers.ts'

const WORDS = toPieces({
  gap: '\n\n',
  tab: '\t',
  picture: '![image',
  download: '[下载',
  end: ')',
  prose: '\n\nHere are the images of ',
  stop: '.',
})

/** T8: the request as JSON on one line, all pictures on one line, all downloads on one line, and a sentence. */
export function gallery(subject: Subject): Step[] {
  const { request } = subject
  const links = linksOf(subject)
  const block = toPiece(`{"prompt":${quote(request.prompt)},"size":"${nameOf(request.size)}"}\n\n`)
  const pictures = links.flatMap(({ picture }, i) => [
    WORDS.picture,
    { json: `${i + 1}](`, tokens: 2 },
    link(picture),
    WORDS.end,
  ])
  const downloads = links.flatMap(({ download }, i) => [
    i === 0 ? WORDS.gap : WORDS.tab,
    WORDS.download,
    { json: `${i + 1}](`, tokens: 2 },
    link(download),
    WORDS.end,
  ])
  return [
    say(0, block),
    say(restOf(request.waits), ...pictures, ...downloads),
    say(0, WORDS.prose, lineOf(request), WORDS.stop),
  ]
}
