import { draw, taskIdOf, ulidFrom } from '../digest.ts'
import type { Piece, Step } from '../step.ts'
import { say, toPiece } from '../step.ts'
import type { Subject } from './piece.ts'
import { id, link, linksOf, sayBlock } from './piece.ts'

// The Chinese words are T1's [S]; so are the English ones but for the two links, which no English transcript shows [G].
const WORDS = {
  zh: toPieces({
    preview: '`\n>[数据预览](',
    source: ') | [原始数据](',
    queue: ')\n\n>🕐 排队中',
    generate: '\n\n>⚡ 生成中',
    progress: '\n\n>🏃 进度 ',
    done: '> ✅ 生成完成\n\n\n',
    download: ')\n\n[点击下载](',
  }),
  en: toPieces({
    preview: '`\n>[Preview](',
    source: ') | [Source](',
    queue: ')\n\n>🕐 Queuing',
    generate: '\n\n>⚡ Generating',
    progress: '\n\n>🏃 Progress ',
    done: '> ✅ Generation complete\n\n\n',
    download: ')\n\n[Click to download](',
  }),
}

const MARKS = toPieces({ id: '> ID: `', gen: '![gen_', nextGen: '\n\n![gen_', of: '](', end: ')', dot: '.', hundred: '[100](', paragraph: ')\n\n' })

function toPieces<K extends string>(words: Readonly<Record<K, string>>): Readonly<Record<K, Piece>> {
  const entries = Object.entries<string>(words).map(([key, text]) => [key, toPiece(text)])
  return Object.fromEntries(entries)
}

/** T1: the request as JSON, a task with its links, queue and progress lines, then the pictures, in one delta, as the real stream is cut. */
export function taskLog(subject: Subject): Step[] {
  const { request, task } = subject
  const { digest, duration } = request
  const words = WORDS[request.language]
  const links = linksOf(subject)
  const [first] = links
  const taskId = taskIdOf(first.fingerprint, task)
  const number = draw(digest, 'task log')
  const progress = percentages(number)
  const pictures = links.flatMap((picture, i) => [
    i === 0 ? MARKS.gen : MARKS.nextGen,
    id(ulidFrom(digest, `gen ${i}`)),
    MARKS.of,
    link(picture.picture),
    words.download,
    link(picture.download),
    MARKS.end,
  ])
  return [
    ...sayBlock(request.prompt, [
      ['ratio', `"${request.ratio}"`],
      ['n', String(request.count)],
    ]),
    { type: 'empty', wait: 0 },
    say(duration * 0.05, MARKS.id, id(taskId), words.preview, link(first.page(taskId)), words.source, link(first.source(taskId)), words.queue),
    ...dots(duration * 0.15, 1 + number(4)),
    say(0, words.generate),
    ...dots(duration * 0.25, 3 + number(5)),
    ...progress.map((percentage, i) => say((duration * 0.5) / progress.length, ...(i === 0 ? [words.progress] : []), { json: `${percentage}..`, tokens: 2 })),
    say(duration * 0.02, MARKS.hundred, link(first.raw), MARKS.paragraph),
    say(duration * 0.03, words.done, ...pictures),
  ]
}

function dots(wait: number, count: number): Step[] {
  return Array.from({ length: count }, () => say(wait / count, MARKS.dot))
}

// One to four percentages, rising.
function percentages(number: (bound: number) => number): number[] {
  const count = 1 + number(4)
  return Array.from({ length: count }, (_, i) => Math.floor((90 * (i + 1)) / (count + 1)) + number(12))
}
