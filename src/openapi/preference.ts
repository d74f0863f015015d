/** What a client prefers: `Prefer: code=404, example=NAME, dynamic=true`. */
export interface Preference {
  /** A documented status: three digits. */
  readonly code: string | undefined
  /** The name of an example. */
  readonly example: string | undefined
  /** Whether a sample of the schema is preferred to an example. */
  readonly dynamic: boolean
}

const NAME = /(?:^|[,;])\s*(code|example|dynamic)\s*=\s*(?:"([^"]*)"|([^\s,;"]*))/gi

/** Reads a `Prefer` header. Other preferences are ignored. */
export function readPreference(header: string | undefined): Preference {
  const found = new Map<string, string>()
  for (const [, name = '', quoted, plain = ''] of (header ?? '').slice(0, 1000).matchAll(NAME))
    found.set(name.toLowerCase(), quoted ?? plain)
  const code = found.get('code')
  return {
    code: code !== undefined && /^[1-5]\d\d$/.test(code) ? code : undefined,
    example: found.get('example'),
    dynamic: found.get('dynamic') === 'true',
  }
}
