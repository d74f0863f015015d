import { useState } from 'preact/hooks'
import type { Content, ContractOperation, Field } from '../../contract.ts'
import { useWords } from '../../language.ts'
import { contractWords } from '../../words/contract.ts'

/** One operation. Its details are made when it is opened: a contract may have a thousand operations. */
export function OperationCard({
  operation,
  isOpen,
}: {
  readonly operation: ContractOperation
  readonly isOpen: boolean
}) {
  const words = useWords(contractWords)
  const [wasOpened, setOpened] = useState(isOpen)
  const { method, path, summary, isDeprecated } = operation
  return (
    <details
      class="card operation"
      open={isOpen}
      onToggle={({ currentTarget }) => currentTarget.open && setOpened(true)}
    >
      <summary>
        <h2>
          <span class="tag">{method}</span> <span class="mono">{path}</span>
        </h2>
        <span class="soft">{summary}</span>
        {isDeprecated && <span class="warn">{words.deprecated}</span>}
      </summary>
      {wasOpened && <Details operation={operation} />}
    </details>
  )
}

function Details({
  operation: { description, parameters, body, responses },
}: {
  readonly operation: ContractOperation
}) {
  const words = useWords(contractWords)
  return (
    <div class="stack">
      {description !== '' && <p class="lines">{description}</p>}
      {parameters.length > 0 && (
        <>
          <h3>{words.parameters}</h3>
          <Fields fields={parameters} />
        </>
      )}
      {body.length > 0 && (
        <>
          <h3>{words.body}</h3>
          <Contents contents={body} />
        </>
      )}
      <h3>{words.responses}</h3>
      {responses.map(({ status, description: about, contents }) => (
        <details key={status}>
          <summary>
            <span class="tag">{status}</span> {about}
          </summary>
          <Contents contents={contents} />
        </details>
      ))}
    </div>
  )
}

function Contents({ contents }: { readonly contents: readonly Content[] }) {
  const words = useWords(contractWords)
  return (
    <>
      {contents.map(({ mediaType, schema }) => (
        <div key={mediaType} class="stack">
          <p class="mono soft">
            {mediaType} {schema.type}
          </p>
          {schema.fields.length === 0 ? (
            <p class="soft">{schema.type || words.noSchema}</p>
          ) : (
            <Fields fields={schema.fields} />
          )}
        </div>
      ))}
    </>
  )
}

function Fields({ fields }: { readonly fields: readonly Field[] }) {
  return (
    <ul class="fields">
      {fields.map((field, i) => (
        <li key={i}>
          <FieldLine field={field} />
        </li>
      ))}
    </ul>
  )
}

function FieldLine({ field }: { readonly field: Field }) {
  const words = useWords(contractWords)
  const { name, place, type, description, isRequired, isDeprecated, isIgnored, fields, stop } = field
  const line = (
    <>
      <code>{name}</code> {place !== '' && <span class="soft">{place}</span>} <span class="mono soft">{type}</span>{' '}
      {isRequired && <span class="tag">{words.required}</span>}
      {isDeprecated && <span class="warn"> {words.deprecated}</span>}
      {isIgnored && <span class="soft"> {words.ignored}</span>}
      {stop !== undefined && <span class="soft"> {stop === 'cycle' ? words.cycle : words.deeper}</span>}
      {description !== '' && <span class="about">{description}</span>}
    </>
  )
  if (fields.length === 0) return <div>{line}</div>
  return (
    <details>
      <summary>{line}</summary>
      <Fields fields={fields} />
    </details>
  )
}
