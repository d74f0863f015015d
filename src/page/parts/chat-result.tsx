import { useEffect, useRef, useState } from 'preact/hooks'
import type { AnswerFrame, ChatAnswer } from '../chat-answer.ts'
import { urlOf } from '../control.ts'
import { useWords } from '../language.ts'
import { hrefOf } from '../route.ts'
import { chatWords } from '../words/chat.ts'
import { toTime } from './format.ts'
import { useExchangeId } from './use-exchange-id.ts'

interface ChatResultProps {
  readonly answer: ChatAnswer
  readonly prompt: string
  /** Whether texts and frames are left out. */
  readonly isBrief?: boolean
}

/** The answer to a chat request while it is received: state, error, pictures, text, frames. */
export function ChatResult({ answer, prompt, isBrief = false }: ChatResultProps) {
  const words = useWords(chatWords)
  const { error, note, pictures, requestId } = answer
  const id = useExchangeId(requestId)
  return (
    <div class="stack result">
      <div class="row">
        <ChatState answer={answer} />
        {id !== undefined && <a href={hrefOf('journal', id)}>{words.inJournal}</a>}
      </div>
      {error !== undefined && (
        <p class="notice bad" role="alert">
          {error}
        </p>
      )}
      {note !== undefined && <p class="soft mono">{note}</p>}
      {pictures.length > 0 && (
        <div class="pictures">
          {pictures.map((picture) => (
            <ReceivedPicture key={picture} picture={picture} alt={words.pictureOf(prompt)} />
          ))}
        </div>
      )}
      {!isBrief && <Texts answer={answer} />}
    </div>
  )
}

function Texts({ answer: { state, text, frames, body } }: Pick<ChatResultProps, 'answer'>) {
  const words = useWords(chatWords)
  const whole = body === undefined ? undefined : body === '' ? words.emptyBody : readable(body)
  return (
    <>
      {text !== '' && <Text label={words.text} text={text} />}
      {frames.length > 0 && <Frames frames={frames} isOpen={state === 'receiving'} />}
      {whole !== undefined && text === '' && <Text label={words.body} text={whole} />}
      {whole !== undefined && text !== '' && (
        <details>
          <summary>{words.body}</summary>
          <Plain label={words.body} text={whole} />
        </details>
      )}
    </>
  )
}

function ChatState({ answer }: { readonly answer: ChatAnswer }) {
  const words = useWords(chatWords)
  const { state, status, firstByte, duration, frames } = answer
  const isCut = state === 'complete' && frames.length > 0 && frames.every(({ data }) => data !== '[DONE]')
  return (
    <p class="row" role="status" data-state={state}>
      {status !== undefined && <strong class={status < 400 ? 'good' : 'bad'}>{status}</strong>}
      <span class={isCut ? 'warn' : state === 'failed' ? 'bad' : ''}>
        {isCut ? words.withoutDone : words.states[state]}
      </span>
      {firstByte !== undefined && (
        <span class="soft">
          {words.firstByte} {toTime(firstByte)}
        </span>
      )}
      {duration !== undefined && (
        <span class="soft">
          {words.total} {toTime(duration)}
        </span>
      )}
    </p>
  )
}

function ReceivedPicture({ picture, alt }: { readonly picture: string; readonly alt: string }) {
  const words = useWords(chatWords)
  const [size, setSize] = useState('')
  return (
    <figure>
      <img
        class="picture"
        src={picture.startsWith('/') ? urlOf(picture) : picture}
        alt={alt}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setSize(`${naturalWidth}×${naturalHeight}`)}
        onError={() => setSize(words.notLoaded)}
      />
      <figcaption class="soft">{size}</figcaption>
    </figure>
  )
}

function Frames({ frames, isOpen }: { readonly frames: readonly AnswerFrame[]; readonly isOpen: boolean }) {
  const words = useWords(chatWords)
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => {
    if (isOpen) list.current?.scrollTo({ top: list.current.scrollHeight })
  }, [frames.length, isOpen])
  return (
    <section class="stack">
      <h2>{words.frames(frames.length)}</h2>
      <ol class="frames mono" ref={list} tabIndex={0} aria-label={words.frames(frames.length)}>
        {frames.map(({ at, kind, name, summary }, index) => (
          <li key={index}>
            <span class="soft">{toTime(at)}</span>
            <span class={kind === 'comment' ? 'soft' : ''}>
              {kind === 'comment' && <span class="tag">{words.comment}</span>}
              {name !== undefined && <span class="tag">{name}</span>} {summary}
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Text({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <section class="stack">
      <h2>{label}</h2>
      <Plain label={label} text={text} />
    </section>
  )
}

function Plain({ label, text }: { readonly label: string; readonly text: string }) {
  const shown = text.replaceAll(DATA_URI, '$1…')
  return (
    <pre class="card" tabIndex={0} role="group" aria-label={label} dir="auto">
      {shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown}
    </pre>
  )
}

/** The start of a data URI, and the rest, which is not shown: it can have millions of characters. */
const DATA_URI = /(data:[\w.+/-]{1,100};base64,[\w+/=]{40})[\w+/=]+/g

/** Characters of a text that are shown. */
const MAX_SHOWN = 20_000

// JSON with indentation; any other text unchanged.
function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}
