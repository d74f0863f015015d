import { useEffect, useState } from 'preact/hooks'

/** The views of the page, in the order of its navigation. */
export const VIEWS = ['journal', 'try', 'provoke', 'coverage', 'contract', 'models'] as const
export type View = (typeof VIEWS)[number]

/** A place in the page. It is in the fragment of the URL, so a link to it works under every path. */
export interface Route {
  readonly view: View
  /** The rest of the path: the id of an exchange, of a model, or of an operation. Empty without one. */
  readonly id: string
  readonly query: URLSearchParams
}

/** Reads a fragment such as `#/journal/12?q=model:flux`. Anything else is the journal. */
export function readRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const [name, ...rest] = path.split('/')
  const view = VIEWS.find((one) => one === name)
  return {
    view: view ?? 'journal',
    id: view === undefined ? '' : decode(rest.join('/')),
    query: new URLSearchParams(query),
  }
}

/** The fragment of a place. Parameters without a value are left out. */
export function hrefOf(view: View, id = '', query: Readonly<Record<string, string>> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== '')
  const search = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
  return `#/${view}${id === '' ? '' : `/${encodeURIComponent(id)}`}${search}`
}

/** The place that the URL names. */
export function useRoute(): Route {
  const [route, set] = useState(() => readRoute(location.hash))
  useEffect(() => {
    const follow = (): void => set(readRoute(location.hash))
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return route
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
