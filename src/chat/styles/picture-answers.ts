import { restOf } from '../delays.ts'
import { sizeName } from '../size.ts'
import { type Piece, type Step, say, toPiece, toPieces } from '../step.ts'
import { type Subject, dataUrisOf, lineOf, link, linksOf, quotePrompt } from './style-helpers.ts'

// Styles with pictures and without progress.

const MARKDOWN = toPieces({ bare: '\n![Image](', first: '![image](', next: '\n![image](', end: ')', endOfLine: ')\n' })
// Each sentence was seen in one language [S]; the other one is a translation [G].
const PROSE = {
  zh: toPieces({ before: '给你画好了！\n', after: '\n\n给你画好了，', stop: '。' }),
  en: toPieces({ before: 'Here you go! \n', after: '\n\nHere you go: ', stop: '.' }),
}

/** Each picture as Markdown on its own line, one per delta. With `prose`, also a sentence before or after [S]. */
export function markdown(subject: Subject): Step[] {
  const { request, prose } = subject
  const links = linksOf(subject)
  const wait = restOf(request.waits) / links.length
  if (prose === 'none') return links.map(({ picture }) => say(wait, MARKDOWN.bare, link(picture), MARKDOWN.endOfLine))
  const { before, after, stop } = PROSE[request.language]
  const pictures = links.map(({ picture }, i) =>
    say(wait, i === 0 ? MARKDOWN.first : MARKDOWN.next, link(picture), MARKDOWN.end),
  )
  return prose === 'before' ? [say(0, before), ...pictures] : [...pictures, say(0, after, lineOf(request), stop)]
}

const LITE = {
  zh: toPieces({ generate: '> 🎨 生成中...', alt: '\n\n![', of: '](', download: ')\n\n[点击下载](', end: ')' }),
  en: toPieces({
    generate: '> 🎨 Generating...',
    alt: '\n\n![',
    of: '](',
    download: ')\n\n[Click to download](',
    end: ')',
  }),
}

/** A line that says that work has begun, then each picture with its URL as alt text, and its download link [S]. */
export function lite(subject: Subject): Step[] {
  const { request } = subject
  const { generate, alt, of, download, end } = LITE[request.language]
  const links = linksOf(subject)
  const wait = restOf(request.waits) / links.length
  return [
    say(0, generate),
    ...links.map((own) => say(wait, alt, link(own.picture), of, link(own.picture), download, link(own.download), end)),
  ]
}

const PROMPT_JSON = toPieces({ picture: '\n\n![Image](', download: ')\n\n[Click to download](', end: ')' })

/** Prompt and ratio as JSON without a code block, then each picture, with the same link as download link [S]. */
export function promptJson(subject: Subject): Step[] {
  const { prompt, ratio, waits } = subject.request
  const block = toPiece(`{\n "prompt": ${quotePrompt(prompt)},\n "aspect_ratio": "${ratio}"\n}`)
  const { picture: open, download, end } = PROMPT_JSON
  const pictures = linksOf(subject).flatMap(({ picture }) => [open, link(picture), download, link(picture), end])
  return [say(0, block), say(restOf(waits), ...pictures)]
}

const GALLERY = toPieces({
  gap: '\n\n',
  tab: '\t',
  picture: '![image',
  download: '[下载',
  end: ')',
  prose: '\n\nHere are the images of ',
  stop: '.',
})

/** The request as JSON, all pictures, and all download links, each on one line, then a sentence [S]. */
export function gallery(subject: Subject): Step[] {
  const { request } = subject
  const { gap, tab, picture: open, download: openDownload, end, prose, stop } = GALLERY
  const links = linksOf(subject)
  const block = toPiece(`{"prompt":${quotePrompt(request.prompt)},"size":"${sizeName(request.size)}"}\n\n`)
  const pictures = links.flatMap(({ picture }, i) => [open, numberOf(i), link(picture), end])
  const downloads = links.flatMap(({ download }, i) => [
    i === 0 ? gap : tab,
    openDownload,
    numberOf(i),
    link(download),
    end,
  ])
  return [say(0, block), say(restOf(request.waits), ...pictures, ...downloads), say(0, prose, lineOf(request), stop)]
}

function numberOf(i: number): Piece {
  return { json: `${i + 1}](`, tokens: 2 }
}

const DATA_URI = toPieces({ first: '![image](', next: '\n![image](', end: ')' })

/** The pictures as data URIs, one delta per picture, as new-api sends the pictures of Gemini [S]. */
export async function dataUri(subject: Subject): Promise<Step[]> {
  const { first, next, end } = DATA_URI
  const pictures = await dataUrisOf(subject)
  const wait = restOf(subject.request.waits) / pictures.length
  return pictures.map((picture, i) => say(wait, i === 0 ? first : next, picture, end))
}

// The start of the English sentence is from OpenRouter's example [S]; the rest is [G].
const IMAGES_FIELD = { zh: toPiece('这是你要的图片。'), en: toPiece('Here is the image that you asked for.') }

/** A sentence, and the pictures as data URIs in the field `images`, one delta per picture, like OpenRouter [S]. */
export async function imagesField(subject: Subject): Promise<Step[]> {
  const { language, waits } = subject.request
  const { json, tokens } = IMAGES_FIELD[language]
  const pictures = await dataUrisOf(subject)
  const wait = restOf(waits) / pictures.length
  const steps: Step[] = [{ wait: 0, tokens, content: json, images: null }]
  for (const [index, picture] of pictures.entries()) {
    const image = `{"type":"image_url","image_url":{"url":"${picture.json}"},"index":${index}}`
    steps.push({ wait, tokens: picture.tokens, content: '', images: [image] })
  }
  return steps
}
