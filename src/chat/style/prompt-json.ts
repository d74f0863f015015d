import type { Step } from '../step.ts'
import { say } from '../step.ts'
import { countTokens } from '../token.ts'
import { link, linksOf, quote } from './piece.ts'
import type { Subject } from './style.ts'

/** T7b: the prompt and the ratio as bare JSON, then each picture with the same link for its download. */
export function promptJson(subject: Subject): Step[] {
  const { request } = subject
  const text = `{\n "prompt": ${quote(request.prompt)},\n "aspect_ratio": "${request.ratio}"\n}`
  const pictures = linksOf(subject).flatMap(({ picture }) => ['\n\n![Image](', link(picture), ')\n\n[Click to download](', link(picture), ')'])
  return [say(request.duration * 0.1, { text, tokens: countTokens(text) }), say(request.duration * 0.9, ...pictures)]
}
