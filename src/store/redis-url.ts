/** A parsed URL of a Redis or Valkey server. */
export interface RedisUrl {
  /** The URL for @redis/client: with credentials, without the query. */
  readonly url: string
  /** The URL for messages: without credentials. */
  readonly location: string
  /** What the name of every key begins with. */
  readonly prefix: string
}

/**
 * Parses the URL of a store: `redis://:password@host:6379/0?prefix=mine`, or `rediss:` for TLS. Returns undefined if
 * it is not valid. The prefix has 1 to 100 letters, digits, `-`, `_`, `.` and `:`.
 */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  if (!/^rediss?:\/\//.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const { protocol, host, pathname, hash, searchParams } = url
  const prefix = searchParams.get('prefix') ?? 'chat-image-mock'
  const isValid =
    host !== '' &&
    hash === '' &&
    /^\/?\d{0,5}$/.test(pathname) &&
    /^[\w.:-]{1,100}$/.test(prefix) &&
    [...searchParams.keys()].every((name) => name === 'prefix') &&
    !/%(?![\da-f]{2})/i.test(url.username + url.password)
  if (!isValid) return undefined
  url.search = ''
  return { url: url.href, location: `${protocol}//${host}${pathname}`, prefix }
}
