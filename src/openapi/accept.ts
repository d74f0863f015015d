import { isJsonType } from './operation.ts'

/**
 * The media type of a response that a client accepts most, JSON if it accepts several equally. Undefined if it accepts
 * none. Without an `Accept` header it accepts all.
 */
export function acceptedOf(accept: string | undefined, mediaTypes: readonly string[]): string | undefined {
  const ordered = [...mediaTypes.filter(isJsonType), ...mediaTypes.filter((mediaType) => !isJsonType(mediaType))]
  if (accept === undefined || accept.trim() === '') return ordered[0]
  const ranges = accept.split(',').map(readRange)
  const scored = ordered.map((mediaType) => ({ mediaType, quality: qualityOf(essenceOf(mediaType), ranges) }))
  const best = Math.max(0, ...scored.map(({ quality }) => quality))
  return best === 0 ? undefined : scored.find(({ quality }) => quality === best)?.mediaType
}

interface Range {
  readonly type: string
  readonly quality: number
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  const number = Number(quality ?? 1)
  return { type: type === '*' ? '*/*' : type, quality: number >= 0 && number <= 1 ? number : 1 }
}

// The most specific range counts. A type of the contract may itself be a range.
function qualityOf(type: string, ranges: readonly Range[]): number {
  const group = type.split('/')[0] ?? ''
  for (const wanted of [type, `${group}/*`, '*/*']) {
    const found = ranges.find((range) => range.type === wanted)
    if (found !== undefined) return found.quality
  }
  const isWithin = ({ type: asked }: Range): boolean =>
    type === '*/*' || (type.endsWith('/*') && asked.startsWith(type.slice(0, -1)))
  return ranges.find(isWithin)?.quality ?? 0
}

/** A media type without its parameters, in lower case. */
export function essenceOf(mediaType: string): string {
  return mediaType.split(';')[0]?.trim().toLowerCase() ?? ''
}
