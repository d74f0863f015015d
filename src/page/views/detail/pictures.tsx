import type { Exchange } from '../../../journal/exchange.ts'
import { control, read, urlOf } from '../../control.ts'
import { useWords } from '../../language.ts'
import { Code } from '../../parts/copy.tsx'
import { toBytes, toTime } from '../../parts/format.ts'
import { Picture } from '../../parts/picture.tsx'
import { useRead } from '../../read.ts'
import type { Frame } from '../../sse-text.ts'
import { detailWords } from '../../words/detail.ts'
import type { TabProps } from '../exchange-detail.tsx'

/** The pictures that were sent by now, each with its facts. */
export function PicturesTab({ exchange, progress }: TabProps) {
  const words = useWords(detailWords)
  const { pictures, frames } = progress
  if (pictures.length === 0) return <p class="soft">{words.noPictures}</p>
  return (
    <div class="grid">
      {pictures.map((picture, i) => (
        <PictureCard
          key={picture.path}
          picture={picture}
          number={i + 1}
          frame={picture.event === undefined ? undefined : frames[picture.event]}
          prompt={exchange.chat?.prompt ?? ''}
        />
      ))}
    </div>
  )
}

interface CardProps {
  readonly picture: Exchange['pictures'][number]
  readonly number: number
  readonly frame: Frame | undefined
  readonly prompt: string
}

function PictureCard({ picture, number, frame, prompt }: CardProps) {
  const words = useWords(detailWords)
  const { path, width, height, format, label, inline, event } = picture
  const name = path.split('/').at(-2) ?? ''
  const { value, error } = useRead(async () => read(control.pictures[':name'].$get({ param: { name } })), [name])
  const facts = [
    [words.pixels, `${width} × ${height}`],
    [words.bytes, value === undefined ? '…' : toBytes(value.bytes)],
    [words.type, value?.mediaType ?? format],
    [words.event, inline ? words.asBytes : words.asLink],
    ...(event === undefined ? [] : [[words.time, words.inEvent(event + 1, toTime(frame?.time ?? 0))] as const]),
  ] as const
  return (
    <section class="card stack">
      <h2>{words.picture(number)}</h2>
      <a href={urlOf(path)} target="_blank" rel="noreferrer">
        <Picture path={path} alt={words.pictureOf(label || prompt)} width={width} height={height} />
      </a>
      <dl class="facts">
        {facts.map(([fact, text]) => (
          <div key={fact}>
            <dt>{fact}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {error !== undefined && <p class="bad">{error}</p>}
      {value !== undefined && <Code label={words.placeholder} text={JSON.stringify(value.placeholder, null, 2)} />}
    </section>
  )
}
