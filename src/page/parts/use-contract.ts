import type { ModelEntry } from '../../app/catalogue-entries.ts'
import { type ChatForm, toChatForm } from '../chat-form.ts'
import { ROOT, control, read } from '../control.ts'
import { useJournal } from '../journal.ts'
import { type Reading, useRead } from '../read.ts'
import { type JsonObject, isObject } from '../../util/json-value.ts'

/** What the page needs to know about the contract. */
export interface PageContract {
  /** The URL of the mock, without a slash at its end. */
  readonly root: string
  /** The path of the base URL, which follows `root`. */
  readonly basePath: string
  /** The base URL for clients. */
  readonly baseUrl: string
  /** An OpenAPI document. */
  readonly document: JsonObject
  /** Undefined if the contract has no chat operation. */
  readonly chat: ChatOperation | undefined
}

/** The chat operation. Its models include those of the user's fixtures. */
export interface ChatOperation extends ChatForm {
  readonly url: string
  /** The facts of the models and families. */
  readonly facts: readonly ModelEntry[]
}

/** Reads the contract, and again when the mock can be reached again. */
export function useContract(): Reading<PageContract> {
  const { connection } = useJournal()
  return useRead(readContract, [connection === 'live'])
}

async function readContract(): Promise<PageContract> {
  const [{ basePath, chat, document }, { models }] = await Promise.all([
    read(control.contract.$get()),
    read(control.models.$get()),
  ])
  if (!isObject(document)) throw new TypeError('the contract is not an object')
  const root = ROOT.replace(/\/$/, '')
  const form = chat === null ? undefined : toChatForm(document, chat)
  const [names, families] = [false, true].map((isFamily) =>
    models.map(({ name }) => name).filter((name) => name.endsWith('*') === isFamily),
  )
  return {
    root,
    basePath,
    baseUrl: root + basePath,
    document,
    chat: form && { ...form, models: names ?? [], families: families ?? [], facts: models, url: root + form.path },
  }
}
