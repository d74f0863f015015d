import type { Links } from '../../images/links.ts'
import { digitsFrom, lettersFrom, prngFor, taskIdOf, ulidFrom } from '../digest.ts'
import { restOf } from '../delays.ts'
import { sizeName } from '../size.ts'
import { type Piece, type Step, escapeJson, join, say, toPieces } from '../step.ts'
import type { Subject } from './style-helpers.ts'
import { id, lineOf, link, linksOf, percentages, quotePrompt, repeat, sayBlock, sayTokens } from './style-helpers.ts'

// Styles that report progress before the pictures.

// The texts were seen [S], except for the English ones of the first two links [G].
const TASK_WORDS = {
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
const TASK_MARKS = toPieces({
  id: '> ID: `',
  first: '![gen_',
  next: '\n\n![gen_',
  of: '](',
  end: ')',
  dot: '.',
  hundred: '[100](',
  paragraph: ')\n\n',
})

/** The request as JSON, a task with links, queue and progress, then the pictures, in the deltas of a recording [S]. */
export function taskLog(subject: Subject): Step[] {
  const { request } = subject
  const { progress, finish } = request.waits
  const words = TASK_WORDS[request.language]
  const { first, next, of, end, dot, hundred, paragraph } = TASK_MARKS
  const number = prngFor(request.digest, 'task log')
  const values = percentages(number, 1 + number(4))
  const links = linksOf(subject)
  const steps = openTask(subject, links[0], 1 + number(4))
  steps.push(...repeat(progress * 0.4, 3 + number(5), dot))
  for (const [i, value] of values.entries()) {
    const percentage = { json: `${value}..`, tokens: 2 }
    const wait = (progress * 0.6) / values.length
    steps.push(i === 0 ? say(wait, words.progress, percentage) : say(wait, percentage))
  }
  const pieces = [words.done]
  for (const [i, { picture, download }] of links.entries()) {
    const name = id(ulidFrom(request.digest, `gen ${i}`))
    pieces.push(i === 0 ? first : next, name, of, link(picture), words.download, link(download), end)
  }
  steps.push(say(0, hundred, link(links[0].raw), paragraph), say(finish, ...pieces))
  return steps
}

/** The start of a task log: request, task with links, queue with `count` dots, and the line after the queue. */
export function openTask({ request, task }: Subject, { fingerprint, page, source }: Links, count: number): Step[] {
  const words = TASK_WORDS[request.language]
  const taskId = taskIdOf(fingerprint, task)
  const links = [words.preview, link(page(taskId)), words.source, link(source(taskId)), words.queue]
  const steps = sayBlock([
    ['prompt', quotePrompt(request.prompt)],
    ['ratio', `"${request.ratio}"`],
    ['n', String(request.count)],
  ])
  steps.push({ wait: 0, tokens: 0 }, say(0, TASK_MARKS.id, id(taskId), ...links))
  steps.push(...repeat(request.waits.queue, count, TASK_MARKS.dot))
  steps.push(say(0, words.generate))
  return steps
}

const PROGRESS = toPieces({
  progress: '> 进度 **',
  percent: '%**\n\n\n',
  gap: '\n',
  file: '![file_00000000',
  of: '](',
  download: ')\n[下载⏬](',
  end: ')\n\n',
})
/** The number of progress lines in a recorded response [S]. */
const PROGRESS_LINES = 3

/** The request as JSON without a code block, three progress lines, then the pictures. Always in Chinese [S]. */
export function progressLog(subject: Subject): Step[] {
  const { request } = subject
  const { queue, progress, finish } = request.waits
  const words = PROGRESS
  const lines = percentages(prngFor(request.digest, 'progress log'), PROGRESS_LINES).map((value, i) => {
    const wait = i === 0 ? queue : progress / (PROGRESS_LINES - 1)
    return say(wait, words.progress, { json: String(value), tokens: 1 }, words.percent)
  })
  const pictures = linksOf(subject).flatMap(({ picture, download }, i) => [
    words.file,
    id(digitsFrom(request.digest, `file ${i}`, 24)),
    words.of,
    link(picture),
    words.download,
    link(download),
    words.end,
  ])
  return [...sayRequest(subject), ...lines, say(finish, words.gap, ...pictures)]
}

/** The start of a progress log: the prompt and the IDs of its reference pictures as JSON, one token per delta [S]. */
export function sayRequest({ request }: Subject): Step[] {
  const ids = request.references.map((_, i) => `"file-${lettersFrom(request.digest, `reference ${i}`, 22)}"`)
  const references = ids.length === 0 ? '' : `,\n  "referenced_image_ids": [${ids.join(', ')}]`
  return sayTokens(`{\n  "prompt": ${quotePrompt(request.prompt)}${references}\n}\n\n`)
}

const STEPS = toPieces({
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
/** The gateway checks every two seconds, at most ten times, whether the picture is ready, and writes a dot [S]. */
const CHECK_EVERY = 2000
const MAX_DOTS = 10

/** The prompt as JSON, three steps with ticks, then each picture with a download link. Always in Chinese [S]. */
export function stepLog(subject: Subject): Step[] {
  const { request } = subject
  const { queue, progress, finish } = request.waits
  const words = STEPS
  const alt = lineOf(request)
  const pictures = linksOf(subject).flatMap(({ picture }) => [
    words.alt,
    alt,
    words.picture,
    link(picture),
    words.download,
    link(picture),
    words.end,
  ])
  return [
    ...sayBlock([['prompt', quotePrompt(request.prompt)]]),
    say(0, words.start),
    say(queue, words.task),
    say(0, words.generate),
    ...repeat(progress, Math.min(Math.max(Math.round(progress / CHECK_EVERY), 1), MAX_DOTS), words.dot),
    say(finish, words.done, ...pictures),
  ]
}

// The alt text is the prompt as revised by the vendor, or None (from Python) if it was not revised [S].
const SKETCH = toPieces({ picture: '![None](', end: ')\n\n' })
/** Milliseconds before each character of the prelude [S]. */
const CHARACTER_WAIT = 50

/** Each picture with the alt text None. Only a stream starts with the request as JSON, one character per delta [S]. */
export function sketchLog(subject: Subject): Step[] {
  const { model, prompt, size, count, waits } = subject.request
  const links = linksOf(subject)
  const wait = restOf(waits) / links.length
  const fields = [
    `  "model": ${quotePrompt(model)}`,
    `  "prompt": ${quotePrompt(prompt)}`,
    `  "size": "${sizeName(size)}"`,
    `  "n": ${count}`,
  ]
  const prelude = `> 🖌️正在绘画\n\n\`\`\`json\n{\n${fields.join(',\n')}\n}\n\`\`\`\n\n`
  const steps = Array.from(prelude, (character): Step => {
    return { wait: CHARACTER_WAIT, tokens: 1, content: escapeJson(character), isStreamOnly: true }
  })
  for (const { picture } of links) steps.push(say(wait, SKETCH.picture, link(picture), SKETCH.end))
  return steps
}

// The first line was seen [S]; the other two are guessed [G].
const REASONING = toPieces({
  start: '✨ 图片生成任务已启动\n',
  queue: '⏳ 排队中...\n',
  generate: '🎨 生成中...\n',
  first: '![Generated Image](',
  next: '\n![Generated Image](',
  end: ')',
})

/** Progress in `reasoning_content`, then all pictures in one delta with the finish_reason [S]. */
export function reasoning(subject: Subject): Step[] {
  const { waits } = subject.request
  const { start, queue, generate, first, next, end } = REASONING
  const { json, tokens } = join(
    linksOf(subject).flatMap(({ picture }, i) => [i === 0 ? first : next, link(picture), end]),
  )
  return [
    { ...think(waits.first, start), role: true },
    think(0, queue),
    think(waits.queue, generate),
    { wait: waits.progress + waits.finish, tokens, content: json, finish: 'stop' },
  ]
}

function think(wait: number, { json, tokens }: Piece): Step {
  return { wait, tokens, reasoning: json }
}
