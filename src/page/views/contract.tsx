import { useMemo, useState } from 'preact/hooks'
import { type ContractOperation, operationAt, toOperations, valueAt } from '../contract.ts'
import { control, read, urlOf } from '../control.ts'
import { useWords } from '../language.ts'
import { Code } from '../parts/copy.tsx'
import { useRead } from '../read.ts'
import type { Route } from '../route.ts'
import { contractWords } from '../words/contract.ts'
import { OperationCard } from './contract/operation.tsx'
import { contractPath } from '../page-data.ts'

/** The contract: its operations, one place in it that a link names, and its file. */
export function ContractView({ route: { id } }: { readonly route: Route }) {
  const words = useWords(contractWords)
  const [sought, setSought] = useState('')
  const { value: document, error } = useRead(readContract, [])
  const operations = useMemo(() => (document === undefined ? [] : toOperations(document)), [document])
  const pointer = id.startsWith('/') ? id : undefined
  const named = pointer === undefined ? id : operationAt(pointer)
  const found = operations.filter((operation) => matches(operation, sought))
  return (
    <div class="stack">
      <h1>{words.title}</h1>
      <p class="row">
        <a class="button" href={urlOf(contractPath('yaml'))} download>
          {words.original}
        </a>
        <a class="button" href={urlOf(contractPath('json'))} download>
          {words.json}
        </a>
        <a href={urlOf('/__mock/openapi.json')}>{words.control}</a>
      </p>
      {error !== undefined && <p class="notice bad">{error}</p>}
      {pointer !== undefined && document !== undefined && <PlaceInContract document={document} pointer={pointer} />}
      {operations.length > 8 && (
        <input
          type="search"
          aria-label={words.find}
          placeholder={words.find}
          value={sought}
          onInput={({ currentTarget }) => setSought(currentTarget.value)}
        />
      )}
      <p class="soft" role="status">
        {document !== undefined && (found.length === 0 ? words.none : words.operations(found.length))}
      </p>
      {found.map((operation) => {
        const name = `${operation.method} ${operation.path}`
        return <OperationCard key={name} operation={operation} isOpen={name === named || operations.length === 1} />
      })}
    </div>
  )
}

async function readContract(): Promise<unknown> {
  const { document } = await read(control.contract.$get())
  return document
}

function PlaceInContract({ document, pointer }: { readonly document: unknown; readonly pointer: string }) {
  const words = useWords(contractWords)
  const value = valueAt(document, pointer)
  return (
    <section class="stack" aria-labelledby="place">
      <h2 id="place">{words.pointer}</h2>
      {value === undefined ? (
        <p class="notice">{words.missing}</p>
      ) : (
        <Code label={pointer} text={JSON.stringify(value, null, 2)} />
      )}
    </section>
  )
}

function matches({ method, path, summary }: ContractOperation, sought: string): boolean {
  const text = `${method} ${path} ${summary}`.toLowerCase()
  return sought
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
