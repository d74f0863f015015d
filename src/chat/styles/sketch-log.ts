import { restOf } from '../delays.ts'
import { nameOf } from '../size.ts'
import type { Step } from '../step.ts'
import { escape, say, toPieces } from '../step.ts'
import type { Subject } from './style-helpers.ts'
import { link, linksOf, quote } from './style-helpers.ts'

// Its alt text is the prompt as the vendor revised it; where it did not, Python's None [S].
const WORDS = toPieces({ picture: '![None](', end: ')\n\n' })

/** The prelude comes one character a delta, twenty a second [S]. */
const CHARACTER_WAIT = 50

function sayCharacter(character: string): Step {
  return { wait: CHARACTER_WAIT, tokens: 1, content: escape(character), isStreamOnly: true }
}

/** T9: pictures whose alt text is None; a stream has a prelude before them, character by character, which the answer in one piece has not. */
export function sketchLog(subject: Subject): Step[] {
  const { request } = subject
  const links = linksOf(subject)
  const wait = restOf(request.waits) / links.length
  const fields = {
    model: quote(request.model),
    prompt: quote(request.prompt),
    size: `"${nameOf(request.size)}"`,
    n: String(request.count),
  }
  const lines = Object.entries(fields).map(([key, value]) => `  "${key}": ${value}`)
  const prelude = `> 🖌️正在绘画\n\n\`\`\`json\n{\n${lines.join(',\n')}\n}\n\`\`\`\n\n`
  return [
    ...Array.from(prelude, sayCharacter),
    ...links.map(({ picture }) => say(wait, WORDS.picture, link(picture), WORDS.end)),
  ]
}
