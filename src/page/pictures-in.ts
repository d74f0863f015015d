// A link of the mock: any host, because --public-url may be another one than the page's. Only its path is used, so that
// the page loads nothing from elsewhere.
const LINK =
  /https?:\/\/[^\s"'<>()[\]\\]*?(\/(?:__mock\/)?(?:cdn\/download|cdn|raw)\/1[\w-]+\/([\da-f]{30}\.(?:png|jpe?g|webp)))/
// A data URI is complete when another character follows it.
const DATA_URI = /(data:image\/(?:png|jpeg|webp);base64,[A-Za-z\d+/]+={0,2})[^A-Za-z\d+/=]/
const EITHER = new RegExp(`${LINK.source}|${DATA_URI.source}`, 'g')

/**
 * The pictures in a text of the assistant, each once, in order: paths of the mock, which begin with a slash, and data
 * URIs. Links to other servers are not pictures.
 */
export function picturesIn(text: string): string[] {
  const found = new Map<string, string>()
  for (const [, path, file, data] of text.matchAll(EITHER)) {
    const picture = path ?? data ?? ''
    const key = file ?? picture
    if (!found.has(key)) found.set(key, picture)
  }
  return [...found.values()]
}
