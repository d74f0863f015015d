import type { Exchange } from '../../../journal/exchange.ts'
import { urlOf } from '../../control.ts'
import { useWords } from '../../language.ts'
import { toTime } from '../../parts/format.ts'
import { Picture } from '../../parts/picture.tsx'
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
  return (
    <section class="card stack">
      <h2>{words.picture(number)}</h2>
      <a href={urlOf(path)} target="_blank" rel="noreferrer">
        <Picture path={path} alt={words.pictureOf(label || prompt)} width={width} height={height} />
      </a>
      <dl class="facts">
        <div>
          <dt>{words.pixels}</dt>
          <dd>
            {width} × {height}
          </dd>
        </div>
        <div>
          <dt>{words.type}</dt>
          <dd>{format.toUpperCase()}</dd>
        </div>
        <div class="whole">
          <dt>{words.event}</dt>
          <dd>
            {inline ? words.asBytes : words.asLink}
            {event !== undefined && ` · ${words.inEvent(event + 1, toTime(frame?.time ?? 0))}`}
          </dd>
        </div>
      </dl>
    </section>
  )
}
