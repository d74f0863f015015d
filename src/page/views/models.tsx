import { useEffect, useState } from 'preact/hooks'
import type { ModelEntry } from '../../app/catalogue-entries.ts'
import { control, read } from '../control.ts'
import { useWords } from '../language.ts'
import { Picture } from '../parts/picture.tsx'
import { useRead } from '../read.ts'
import { type Route, hrefOf } from '../route.ts'
import { modelsWords } from '../words/models.ts'

/** Each model with a sample picture and its facts. */
export function ModelsView({ route: { id } }: { readonly route: Route }) {
  const words = useWords(modelsWords)
  const [sought, setSought] = useState('')
  const { value, error } = useRead(async () => read(control.models.$get()), [])
  const found = (value?.models ?? []).filter(({ name, style }) =>
    `${name} ${style}`.toLowerCase().includes(sought.trim().toLowerCase()),
  )
  useEffect(() => {
    if (id !== '') document.getElementById(`model-${id}`)?.scrollIntoView()
  }, [id, value])
  return (
    <div class="stack">
      <h1>{words.title}</h1>
      <p class="soft">{words.about}</p>
      <dl class="row soft">
        {Object.entries(words.evidence).map(([letter, meaning]) => (
          <div key={letter} class="row">
            <dt class="tag">{letter}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <input
        type="search"
        aria-label={words.find}
        placeholder={words.find}
        value={sought}
        onInput={({ currentTarget }) => setSought(currentTarget.value)}
      />
      {error !== undefined && <p class="notice bad">{error}</p>}
      <p class="soft" role="status">
        {value !== undefined && (found.length === 0 ? words.none : words.count(found.length))}
      </p>
      <div class="grid">
        {found.map((model) => (
          <ModelCard key={model.name} model={model} isChosen={model.name === id} />
        ))}
      </div>
    </div>
  )
}

const MAX_SIZES = 6

function ModelCard({ model, isChosen }: { readonly model: ModelEntry; readonly isChosen: boolean }) {
  const words = useWords(modelsWords)
  const { name, profile, isCustom, style, sizes, formats, references, follows, pace, evidence, sample } = model
  const others = sizes.length - MAX_SIZES
  const facts = [
    { name: 'style', label: words.style, text: style },
    { name: 'formats', label: words.formats, text: formats.join(', ') },
    { name: 'references', label: words.references, text: words.referenceUse[references] },
    {
      name: 'sizes',
      label: words.sizes,
      text: `${sizes.slice(0, MAX_SIZES).join(', ')}${others > 0 ? `, ${words.more(others)}` : ''}`,
    },
    { name: 'follows', label: words.follows, text: follows === null ? '' : words.followsWhat[follows] },
    { name: 'pace', label: words.pace, text: toPace(pace) },
    { name: 'profile', label: words.profile, text: isCustom ? `${profile} (${words.custom})` : profile },
  ].filter(({ text }) => text !== '')
  return (
    <article class="card model" id={`model-${name}`} data-chosen={isChosen ? '' : undefined} aria-label={name}>
      <h2>{name}</h2>
      <Picture path={sample} alt={words.sample(name)} width={512} height={512} />
      <dl class="facts">
        {facts.map((fact) => (
          <div key={fact.name}>
            <dt>
              {fact.label} <Letter source={evidence[fact.name]} />
            </dt>
            <dd>{fact.text}</dd>
          </div>
        ))}
      </dl>
      <p class="row">
        <a href={hrefOf('try', '', { model: name })}>{words.try}</a>
        <a href={hrefOf('journal', '', { q: `model:${name}` })}>{words.journal}</a>
      </p>
    </article>
  )
}

// Where a fact comes from, such as `[S] ratios`.
function Letter({ source }: { readonly source: string | undefined }) {
  const words = useWords(modelsWords)
  const letter = source?.[1]
  if (source === undefined || letter === undefined || !isKnown(letter, words.evidence)) return null
  return (
    <abbr class="tag" title={`${words.evidence[letter]}: ${source}`}>
      {letter}
    </abbr>
  )
}

function isKnown<T extends object>(key: string, known: T): key is Extract<keyof T, string> {
  return Object.hasOwn(known, key)
}

function toPace(pace: ModelEntry['pace']): string {
  const ranges = Object.values(pace)
  const sum = (index: 0 | 1): number => ranges.reduce((total, range) => total + range[index], 0)
  return ranges.length === 0 ? '' : `${round(sum(0))} – ${round(sum(1))}`
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10
}
