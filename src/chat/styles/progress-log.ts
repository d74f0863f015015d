import { digitsFrom, prngFor, lettersFrom } from '../digest.ts'
import type { Step } from '../step.ts'
import { say, toPieces } from '../step.ts'
import type { Subject } from './style-helpers.ts'
import { id, link, linksOf, percentages, quote, sayTokens } from './style-helpers.ts'

const WORDS = toPieces({
  progress: '> 进度 **',
  percent: '%**\n\n\n',
  gap: '\n',
  file: '![file_00000000',
  of: '](',
  download: ')\n[下载⏬](',
  end: ')\n\n',
})

/** The lines of one answer, as they were seen [S]. */
const LINES = 3

/** T0: the prompt as bare JSON, with the ids of its reference pictures, three lines of progress, then the pictures. Chinese whatever the prompt's language [S]. */
export function progressLog(subject: Subject): Step[] {
  const { request } = subject
  const { queue, progress, finish } = request.waits
  const pictures = linksOf(subject).flatMap(({ picture, download }, i) => [
    WORDS.file,
    id(digitsFrom(request.digest, `file ${i}`, 24)),
    WORDS.of,
    link(picture),
    WORDS.download,
    link(download),
    WORDS.end,
  ])
  return [
    ...sayRequest(subject),
    ...percentages(prngFor(request.digest, 'progress log'), LINES).map((percentage, i) =>
      say(
        i === 0 ? queue : progress / (LINES - 1),
        WORDS.progress,
        { json: String(percentage), tokens: 1 },
        WORDS.percent,
      ),
    ),
    say(finish, WORDS.gap, ...pictures),
  ]
}

/** The head of T0: the request as bare JSON, one language-model token a delta. */
export function sayRequest({ request }: Subject): Step[] {
  const ids = request.references.map((_, i) => `"file-${lettersFrom(request.digest, `reference ${i}`, 22)}"`)
  const fields = [
    `  "prompt": ${quote(request.prompt)}`,
    ...(ids.length === 0 ? [] : [`  "referenced_image_ids": [${ids.join(', ')}]`]),
  ]
  return sayTokens(`{\n${fields.join(',\n')}\n}\n\n`)
}
