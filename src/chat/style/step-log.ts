import type { Step } from '../step.ts'
import { say, toPiece } from '../step.ts'
import type { Subject } from './piece.ts'
import { altOf, link, linksOf, sayBlock } from './piece.ts'

const WORDS = {
  start: toPiece('>🚀 开始生成图片\n\n'),
  task: toPiece('>🔄 创建任务 ✓\n'),
  generate: toPiece('>⏳ 生成中'),
  dot: toPiece('.'),
  done: toPiece(' ✓\n\n\n'),
  alt: toPiece('!['),
  picture: toPiece(']('),
  download: toPiece(')\n\n[点击下载]('),
  end: toPiece(')\n\n'),
}

/** T7: the prompt as JSON, three steps that are ticked off, then each picture with the same link for its download. Chinese whatever the prompt's language [S]. */
export function stepLog(subject: Subject): Step[] {
  const { request } = subject
  const { duration } = request
  const { alt, picture, download, end } = WORDS
  const pictures = linksOf(subject).flatMap((links) => [alt, altOf(request), picture, link(links.picture), download, link(links.picture), end])
  return [
    ...sayBlock(request.prompt, []),
    say(duration * 0.05, WORDS.start),
    say(duration * 0.05, WORDS.task),
    say(0, WORDS.generate),
    ...Array.from({ length: 4 }, () => say(duration * 0.2, WORDS.dot)),
    say(duration * 0.1, WORDS.done, ...pictures),
  ]
}
