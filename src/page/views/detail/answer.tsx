import { useState } from 'preact/hooks'
import type { Exchange } from '../../../journal/exchange.ts'
import { type AnswerPart, type AnswerText, isRecorded, readAnswer, splitAnswer } from '../../answer-text.ts'
import { urlOf } from '../../control.ts'
import { useWords } from '../../language.ts'
import { Code } from '../../parts/copy.tsx'
import { Picture } from '../../parts/picture.tsx'
import type { Frame } from '../../sse-text.ts'
import { detailWords } from '../../words/detail.ts'
import type { TabProps } from '../exchange-detail.tsx'
import { Headers } from './headers.tsx'

/** The answer: as a client would show it, and as it was sent. */
export function AnswerTab({ exchange, progress }: TabProps) {
  const words = useWords(detailWords)
  const [isRaw, setRaw] = useState(false)
  const { response, chat } = exchange
  const { frames, received, pictures, isOpen } = progress
  const answer = frames.length > 0 ? answerOf(frames.slice(0, received)) : readAnswer(response.body)
  const hasText = chat !== null && (frames.length > 0 || response.body !== undefined)
  const isReadable = hasText || answer.error !== undefined
  return (
    <div class="stack">
      {!isRecorded(response) && <p class="notice">{words.notRecorded}</p>}
      {isRecorded(response) && isReadable && (
        <div class="row" role="group" aria-label={words.form}>
          <button type="button" class="quiet" aria-pressed={!isRaw} onClick={() => setRaw(false)}>
            {words.rendered}
          </button>
          <button type="button" class="quiet" aria-pressed={isRaw} onClick={() => setRaw(true)}>
            {words.raw}
          </button>
        </div>
      )}
      {isRecorded(response) && isReadable && !isRaw && (
        <AnswerView answer={answer} pictures={pictures} prompt={chat?.prompt ?? ''} isOpen={isOpen} />
      )}
      {isRecorded(response) && (isRaw || !isReadable) && (
        <Code label={response.headers['content-type'] ?? words.raw} text={rawOf(response)} />
      )}
      <Headers label={words.responseHeaders} headers={response.headers} />
    </div>
  )
}

/** The text of the assistant after some events of a stream. */
export function answerOf(frames: readonly Frame[]): AnswerText {
  const join = (name: 'content' | 'reasoning'): string => frames.map(({ [name]: text }) => text).join('')
  const error = frames.find((frame) => frame.error !== undefined)?.error
  return { content: join('content'), reasoning: join('reasoning'), error }
}

function rawOf({ body, text = '' }: Exchange['response']): string {
  return body === undefined ? text : JSON.stringify(body, null, 2)
}

interface AnswerViewProps {
  readonly answer: AnswerText
  readonly pictures: Exchange['pictures']
  readonly prompt: string
  readonly isOpen: boolean
}

/** A text of the assistant, with the mock's pictures in place of their links. */
export function AnswerView({ answer, pictures, prompt, isOpen }: AnswerViewProps) {
  const words = useWords(detailWords)
  const { content, reasoning, error } = answer
  const { parts, rest } = splitAnswer(content, pictures)
  const all = tidy([...parts, ...rest])
  return (
    <div class="stack">
      {reasoning !== '' && (
        <details>
          <summary>{words.reasoning}</summary>
          <p class="answer soft" dir="auto">
            {reasoning}
          </p>
        </details>
      )}
      {error !== undefined && (
        <div class="notice bad">
          <strong>{words.error}</strong>
          <p class="answer" dir="auto">
            {error}
          </p>
        </div>
      )}
      {all.length > 0 && (
        <div class="card answer" dir="auto">
          {all.map((part, i) => (
            <Part key={i} part={part} prompt={prompt} />
          ))}
        </div>
      )}
      {all.length === 0 && error === undefined && <p class="soft">{isOpen ? words.noTextYet : words.noText}</p>}
    </div>
  )
}

// A picture has a line for itself, so the empty lines around it are left out.
function tidy(parts: readonly AnswerPart[]): AnswerPart[] {
  return parts.map((part, i) => {
    if (typeof part !== 'string') return part
    const start = isPicture(parts[i - 1]) ? part.replace(/^\n+/, '') : part
    return isPicture(parts[i + 1]) ? start.replace(/\n+$/, '') : start
  })
}

function isPicture(part: AnswerPart | undefined): boolean {
  return typeof part === 'object' && 'path' in part
}

function Part({ part, prompt }: { readonly part: AnswerPart; readonly prompt: string }) {
  const words = useWords(detailWords)
  if (typeof part === 'string') return <span>{part}</span>
  if ('target' in part)
    return (
      <a href={urlOf(part.target)} target="_blank" rel="noreferrer">
        {part.label}
      </a>
    )
  const { path, label, width, height } = part
  return <Picture path={path} alt={words.pictureOf(label || prompt)} width={width} height={height} />
}
