import type { Piece, Step } from '../step.ts'
import { join, toPieces } from '../step.ts'
import type { Subject } from './style-helpers.ts'
import { link, linksOf } from './style-helpers.ts'

// The first line is T6's [S], those behind it are the mock's [G].
const WORDS = toPieces({
  start: '✨ 图片生成任务已启动\n',
  queue: '⏳ 排队中...\n',
  generate: '🎨 生成中...\n',
  first: '![Generated Image](',
  next: '\n![Generated Image](',
  end: ')',
})

/** T6: progress in `reasoning_content`, from the first delta on; then all pictures in one delta that is also the last. */
export function reasoning(subject: Subject): Step[] {
  const { first, queue, progress, finish } = subject.request.waits
  const { json, tokens } = join(
    linksOf(subject).flatMap(({ picture }, i) => [i === 0 ? WORDS.first : WORDS.next, link(picture), WORDS.end]),
  )
  return [
    { ...think(first, WORDS.start), role: true },
    think(0, WORDS.queue),
    think(queue, WORDS.generate),
    { wait: progress + finish, tokens, content: json, finish: 'stop' },
  ]
}

function think(wait: number, { json, tokens }: Piece): Step {
  return { wait, tokens, reasoning: json }
}
