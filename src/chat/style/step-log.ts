import type { Step } from '../step.ts'
import { say, sayTokens } from '../step.ts'
import { altOf, fencedTokens, link, linksOf } from './piece.ts'
import type { Subject } from './style.ts'

/** T7: the prompt as JSON, three steps that are ticked off, then each picture with the same link for its download. Chinese whatever the prompt's language [S]. */
export function stepLog(subject: Subject): Step[] {
  const { request } = subject
  const dots = Array.from({ length: 4 }, () => say(request.duration * 0.2, '.'))
  const pictures = linksOf(subject).flatMap(({ picture }) => ['![', altOf(request), '](', link(picture), ')\n\n[点击下载](', link(picture), ')\n\n'])
  return [
    ...sayTokens(20, fencedTokens(request.prompt, [])),
    say(request.duration * 0.05, '>🚀 开始生成图片\n\n'),
    say(request.duration * 0.05, '>🔄 创建任务 ✓\n'),
    say(0, '>⏳ 生成中'),
    ...dots,
    say(request.duration * 0.1, ' ✓\n\n\n', ...pictures),
  ]
}
