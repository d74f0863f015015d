/** One segment of a JSON pointer, escaped. */
export function escapePointer(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** One segment of a JSON pointer, read. */
export function unescapePointer(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** The path that a JSON pointer names, as its keys. */
export function toPath(pointer: string): string[] {
  return pointer.split('/').slice(1).map(unescapePointer)
}

/** The JSON pointer in a `$ref` of this document; undefined where it holds none. */
export function pointerOf(ref: string): string | undefined {
  try {
    const pointer = decodeURIComponent(ref.slice(ref.indexOf('#') + 1))
    return pointer === '' || pointer.startsWith('/') ? pointer : undefined
  } catch {
    return undefined
  }
}
