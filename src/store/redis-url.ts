/** Where a Redis or Valkey is, and how our keys in it begin. */
export interface RedisUrl {
  /** As its client takes it: with the password, without the query. */
  readonly url: string
  /** As it may be told: without credentials. */
  readonly place: string
  readonly prefix: string
}

/**
 * What the URL of a store says, as `redis://:password@host:6379/0?prefix=mine`, or `rediss:` for TLS; undefined for one that
 * cannot be used. The prefix has 1 to 100 letters, digits, `-`, `_`, `.` and `:`.
 */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  if (!/^rediss?:\/\//.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const { protocol, host, pathname, hash, searchParams } = url
  const prefix = searchParams.get('prefix') ?? 'chat-image-mock'
  if (host === '' || hash !== '' || !/^\/?\d{0,5}$/.test(pathname) || !/^[\w.:-]{1,100}$/.test(prefix)) return undefined
  if (
    [...searchParams.keys()].some((name) => name !== 'prefix') ||
    /%(?![\da-f]{2})/i.test(url.username + url.password)
  )
    return undefined
  url.search = ''
  return { url: url.href, place: `${protocol}//${host}${pathname}`, prefix }
}
