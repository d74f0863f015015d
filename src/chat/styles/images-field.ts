import { restOf } from '../delays.ts'
import type { Step } from '../step.ts'
import { toPiece } from '../step.ts'
import type { Subject } from './style-helpers.ts'
import { dataUrisOf } from './style-helpers.ts'

// The English words begin as T5 does [S]; the rest is [G].
const WORDS = { zh: toPiece('这是你要的图片。'), en: toPiece('Here is the image that you asked for.') }

/** T5: a sentence, and the pictures in a field of their own, `images`, as OpenRouter sends them; one delta a picture. */
export async function imagesField(subject: Subject): Promise<Step[]> {
  const { language, waits } = subject.request
  const { json, tokens } = WORDS[language]
  const pictures = await dataUrisOf(subject)
  return [
    { wait: 0, tokens, content: json, images: null },
    ...pictures.map((picture, i): Step => {
      const image = `{"type":"image_url","image_url":{"url":"${picture.json}"},"index":${i}}`
      return { wait: restOf(waits) / pictures.length, tokens: picture.tokens, content: '', images: [image] }
    }),
  ]
}
