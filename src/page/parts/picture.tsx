import { urlOf } from '../control.ts'

/** One of the mock's own pictures, by its path. It is loaded when it is near the visible part of the page. */
export function Picture({
  path,
  alt,
  width,
  height,
}: {
  readonly path: string
  readonly alt: string
  readonly width: number
  readonly height: number
}) {
  return (
    <img class="picture" src={urlOf(path)} alt={alt} width={width} height={height} loading="lazy" decoding="async" />
  )
}
