import { useState } from 'preact/hooks'
import { toChatBody } from '../../chat-form.ts'
import { useWords } from '../../language.ts'
import { ChatResult } from '../../parts/chat-result.tsx'
import { Code } from '../../parts/copy.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { useChat } from '../../parts/use-chat.ts'
import type { ChatOperation, PageContract } from '../../parts/use-contract.ts'
import { firstTest, sampleModel } from '../../quick-start.ts'
import { toSource } from '../../request-source.ts'
import { hrefOf } from '../../route.ts'
import { toCurl } from '../../snippets/curl.ts'
import { toOpenAIJavaScript } from '../../snippets/openai-js.ts'
import { toOpenAIPython } from '../../snippets/openai-python.ts'
import { quickStartWords } from '../../words/quick-start.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

interface ChatStartProps {
  readonly contract: PageContract
  readonly chat: ChatOperation
}

/** Snippets that send a chat request, a button that sends it, and the models. */
export function ChatStart({ contract, chat }: ChatStartProps) {
  const words = useWords(quickStartWords)
  const [chosen, choose] = useState('curl')
  const model = sampleModel(chat)
  const prompt = words.samplePrompt
  const entry = { model, prompt, references: [], stream: false, fields: {}, headers: {} }
  const body = toChatBody(chat, entry)
  const source = toSource({ method: chat.method, path: chat.path, headers: JSON_TYPE, body }, contract)
  const snippets = [
    { id: 'curl', label: 'curl', text: () => toCurl(source) },
    { id: 'javascript', label: 'JavaScript', text: () => toOpenAIJavaScript(source) },
    { id: 'python', label: 'Python', text: () => toOpenAIPython(source) },
    { id: 'vitest', label: 'Vitest', text: () => firstTest({ model, prompt }) },
  ]
  const snippet = snippets.find(({ id }) => id === chosen)
  return (
    <>
      <div class="columns">
        <Sample url={chat.url} body={JSON.stringify(body)} prompt={prompt} />
        <section aria-label={words.snippets}>
          <Tabs label={words.snippets} tabs={snippets} chosen={chosen} onChoose={choose}>
            {snippet !== undefined && <Code label={snippet.label} text={snippet.text()} />}
          </Tabs>
        </section>
      </div>
      <ModelLinks chat={chat} />
    </>
  )
}

function ModelLinks({ chat: { models, families } }: Pick<ChatStartProps, 'chat'>) {
  const words = useWords(quickStartWords)
  return (
    <section class="stack" aria-labelledby="start-models">
      <h2 id="start-models">{words.models}</h2>
      <ul class="row">
        {models.map((name) => (
          <li key={name}>
            <a class="tag mono" href={hrefOf('models', name)}>
              {name}
            </a>
          </li>
        ))}
      </ul>
      {families.length > 0 && <p class="soft">{words.families(families.join(', '))}</p>}
    </section>
  )
}

// The journal replaces the quick start as soon as it has the request. It then shows the newest exchange.
function Sample({ url, body, prompt }: { readonly url: string; readonly body: string; readonly prompt: string }) {
  const words = useWords(quickStartWords)
  const { answer, send } = useChat({ isKept: true })
  const start = (): void => {
    location.hash = hrefOf('journal', 'latest')
    send({ url, headers: JSON_TYPE, body })
  }
  return (
    <section class="card stack" aria-label={words.sample}>
      <div class="row">
        <button type="button" class="main" onClick={start}>
          {words.sample}
        </button>
      </div>
      {answer === undefined ? (
        <p class="soft">{words.sampleAbout}</p>
      ) : (
        <ChatResult answer={answer} prompt={prompt} isBrief />
      )}
    </section>
  )
}
