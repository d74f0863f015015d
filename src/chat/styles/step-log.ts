import type { Step } from '../step.ts'
import { say, toPieces } from '../step.ts'
import type { Subject } from './style-helpers.ts'
import { lineOf, link, linksOf, sayBlock } from './style-helpers.ts'

const WORDS = toPieces({
  start: '>🚀 开始生成图片\n\n',
  task: '>🔄 创建任务 ✓\n',
  generate: '>⏳ 生成中',
  dot: '.',
  done: ' ✓\n\n\n',
  alt: '![',
  picture: '](',
  download: ')\n\n[点击下载](',
  end: ')\n\n',
})

/** The gateway asks every two seconds whether the picture is there, at most ten times, and writes a dot each time [S]. */
const ASK_EVERY = 2000
const MAX_DOTS = 10

/** T7: the prompt as JSON, three steps that are ticked off, then each picture with the same link for its download. Chinese whatever the prompt's language [S]. */
export function stepLog(subject: Subject): Step[] {
  const { request } = subject
  const { queue, progress, finish } = request.waits
  const { alt, picture, download, end } = WORDS
  const pictures = linksOf(subject).flatMap((links) => [
    alt,
    lineOf(request),
    picture,
    link(links.picture),
    download,
    link(links.picture),
    end,
  ])
  const dots = Math.min(Math.max(Math.round(progress / ASK_EVERY), 1), MAX_DOTS)
  return [
    ...sayBlock(request.prompt, []),
    say(0, WORDS.start),
    say(queue, WORDS.task),
    say(0, WORDS.generate),
    ...Array.from({ length: dots }, () => say(progress / dots, WORDS.dot)),
    say(finish, WORDS.done, ...pictures),
  ]
}
