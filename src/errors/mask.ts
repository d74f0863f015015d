const URL_PATTERN = /https?:\/\/[^\s/$.?#][^\s]+/g
const DOMAIN = /\b(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z]{2,}\b/gi
const ADDRESS = /\b(?:\d{1,3}\.){3}\d{1,3}\b/g

/**
 * Hides URLs, host names and addresses in a message, as the gateway does since 2025-07 [M]. It takes names of Go for host
 * names too: `***.messages`.
 */
export function maskAddresses(message: string): string {
  return message
    .replaceAll(URL_PATTERN, (url) => (URL.canParse(url) ? maskUrl(new URL(url)) : url))
    .replaceAll(DOMAIN, maskName)
    .replaceAll(ADDRESS, '***.***.***.***')
}

function maskUrl({ protocol, host, pathname, searchParams }: URL): string {
  const labels = host.split('.')
  const name = labels.length < 2 ? '***' : ['***', ...shown(labels)].join('.')
  const path = pathname.replaceAll(/[^/]+/g, '***').replace(/(?<=\*)\/$/, '')
  const query = [...new Set(searchParams.keys())].map((key) => `${key}=***`).join('&')
  return `${protocol}//${name}${path === '/' ? '' : path}${query === '' ? '' : `?${query}`}`
}

function maskName(name: string): string {
  const labels = name.split('.')
  const tail = shown(labels)
  return [...Array.from({ length: labels.length - tail.length }, () => '***'), ...tail].join('.')
}

// The last label; for a country, such as co.uk, the last two.
function shown(labels: readonly string[]): readonly string[] {
  const [last = '', second = ''] = labels.toReversed()
  return labels.length > 2 && last.length === 2 && second.length <= 3 ? [second, last] : [last]
}
