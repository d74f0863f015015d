import { useState } from 'preact/hooks'
import { toChatBody } from '../../chat-form.ts'
import { useWords } from '../../language.ts'
import { ChatResult } from '../../parts/chat-result.tsx'
import { useChat } from '../../parts/use-chat.ts'
import type { ChatOperation } from '../../parts/use-contract.ts'
import { chatWords } from '../../words/chat.ts'
import { provokeWords } from '../../words/provoke.ts'
import { sessionHeader } from './session-header.ts'

/** Sends a chat request of the session, which takes the next scripted response. */
export function SendNow({ chat, session }: { readonly chat: ChatOperation; readonly session: string }) {
  const words = useWords(provokeWords)
  const { cancel: cancelWord } = useWords(chatWords)
  const [model = '', setModel] = useState(chat.models[0])
  const [stream, setStream] = useState(chat.canStream)
  const { answer, send, cancel } = useChat()
  const isRunning = answer?.state === 'sending' || answer?.state === 'receiving'
  const prompt = words.samplePrompt
  const submit = (): void => {
    const body = toChatBody(chat, { model, prompt, references: [], stream, fields: {}, headers: {} })
    const headers = { 'content-type': 'application/json', ...sessionHeader(session) }
    send({ url: chat.url, headers, body: JSON.stringify(body) })
  }
  return (
    <section class="card stack" aria-label={words.send}>
      <label class="field">
        {words.model}
        <select name="model" value={model} onChange={({ currentTarget }) => setModel(currentTarget.value)}>
          {chat.models.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <div class="row">
        {chat.canStream && (
          <label class="row">
            <input
              type="checkbox"
              name="stream"
              checked={stream}
              onChange={({ currentTarget }) => setStream(currentTarget.checked)}
            />
            {words.stream}
          </label>
        )}
        <button type="button" class="main" onClick={submit}>
          {words.send}
        </button>
        {isRunning && (
          <button type="button" onClick={cancel}>
            {cancelWord}
          </button>
        )}
      </div>
      {answer !== undefined && <ChatResult answer={answer} prompt={prompt} />}
    </section>
  )
}
