import type { Links } from '../../images/links.ts'
import { prngFor, taskIdOf, ulidFrom } from '../digest.ts'
import type { Step } from '../step.ts'
import { say, toPieces } from '../step.ts'
import type { Subject } from './style-helpers.ts'
import { id, link, linksOf, percentages, sayBlock } from './style-helpers.ts'

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

const MARKS = toPieces({
  id: '> ID: `',
  gen: '![gen_',
  nextGen: '\n\n![gen_',
  of: '](',
  end: ')',
  dot: '.',
  hundred: '[100](',
  paragraph: ')\n\n',
})

/** T1: the request as JSON, a task with its links, queue and progress lines, then the pictures, in one delta, as the real stream is cut. */
export function taskLog(subject: Subject): Step[] {
  const { request } = subject
  const { progress, finish } = request.waits
  const words = WORDS[request.language]
  const number = prngFor(request.digest, 'task log')
  const told = percentages(number, 1 + number(4))
  const links = linksOf(subject)
  const pictures = links.flatMap(({ picture, download }, i) => [
    i === 0 ? MARKS.gen : MARKS.nextGen,
    id(ulidFrom(request.digest, `gen ${i}`)),
    MARKS.of,
    link(picture),
    words.download,
    link(download),
    MARKS.end,
  ])
  return [
    ...openTask(subject, links[0], 1 + number(4)),
    ...dots(progress * 0.4, 3 + number(5)),
    ...told.map((percentage, i) =>
      say((progress * 0.6) / told.length, ...(i === 0 ? [words.progress] : []), { json: `${percentage}..`, tokens: 2 }),
    ),
    say(0, MARKS.hundred, link(links[0].raw), MARKS.paragraph),
    say(finish, words.done, ...pictures),
  ]
}

/** The head of a task log: the request as JSON, the task with its links, the queue with `count` dots, and that work has begun. */
export function openTask({ request, task }: Subject, { fingerprint, page, source }: Links, count: number): Step[] {
  const words = WORDS[request.language]
  const taskId = taskIdOf(fingerprint, task)
  return [
    ...sayBlock(request.prompt, [
      ['ratio', `"${request.ratio}"`],
      ['n', String(request.count)],
    ]),
    { wait: 0, tokens: 0 },
    say(0, MARKS.id, id(taskId), words.preview, link(page(taskId)), words.source, link(source(taskId)), words.queue),
    ...dots(request.waits.queue, count),
    say(0, words.generate),
  ]
}

function dots(wait: number, count: number): Step[] {
  return Array.from({ length: count }, () => say(wait / count, MARKS.dot))
}
