import { restOf } from '../delays.ts'
import type { Step } from '../step.ts'
import { say, toPieces } from '../step.ts'
import type { Subject } from './style-helpers.ts'
import { link, linksOf } from './style-helpers.ts'

const WORDS = {
  zh: toPieces({ generate: '> 🎨 生成中...', download: ')\n\n[点击下载](' }),
  en: toPieces({ generate: '> 🎨 Generating...', download: ')\n\n[Click to download](' }),
}
const MARKS = toPieces({ alt: '\n\n![', of: '](', end: ')' })

/** T2: one line that it is at work, then each picture, whose alt text is its own link [S], and its download. */
export function lite(subject: Subject): Step[] {
  const { request } = subject
  const { generate, download } = WORDS[request.language]
  const links = linksOf(subject)
  const wait = restOf(request.waits) / links.length
  return [
    say(0, generate),
    ...links.map((own) =>
      say(wait, MARKS.alt, link(own.picture), MARKS.of, link(own.picture), download, link(own.download), MARKS.end),
    ),
  ]
}
