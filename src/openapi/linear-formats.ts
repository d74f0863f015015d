import type { Ajv } from 'ajv'

/** Longer texts are not compared with the regular expressions of ajv-formats, because V8's stack could overflow. */
const MAX_TEXT = 65_536

// What is checked of longer texts: clients send pictures of megabytes as data URIs. No e-mail address is that long.
const LONG: Readonly<Record<string, RegExp>> = {
  uri: /^[a-z][a-z\d+.-]*:[\w.~:/?#[\]@!$&'()*+,;=%-]*$/i,
  'uri-reference': /^[\w.~:/?#[\]@!$&'()*+,;=%-]*$/,
  url: /^(?:https?|ftp):\/\/\S*$/i,
  'uri-template': /^[^\s"'<>\\^`|]*$/,
  'json-pointer': /^\//,
  'json-pointer-uri-fragment': /^#\//,
  'relative-json-pointer': /^\d+\//,
  email: /^(?!)/,
}

/** Replaces the formats of ajv-formats that take quadratic time, or for which megabytes of text are too long. */
export function boundFormats(ajv: Ajv): void {
  for (const [name, long] of Object.entries(LONG)) {
    const format = ajv.formats[name]
    const isShort = format instanceof RegExp ? toTest(withoutPassword(format)) : format
    if (typeof isShort !== 'function') continue
    ajv.addFormat(name, (text: string) => (text.length > MAX_TEXT ? long.test(text) : isShort(text)))
  }
  ajv.addFormat('byte', isBase64)
}

function toTest(format: RegExp): (text: string) => boolean {
  return (text) => format.test(text)
}

// The format `url` searches for the end of a password from each colon again. Its user name may contain colons too, so
// that the password makes no difference.
function withoutPassword({ source, flags }: RegExp): RegExp {
  return new RegExp(source.replace(String.raw`(?::\S*)?@`, '@'), flags)
}

// Base64, with or without line breaks.
function isBase64(text: string): boolean {
  const joined = text.includes('\n') ? text.replaceAll(/\r?\n/g, '') : text
  return joined.length % 4 === 0 && /^[A-Za-z\d+/]*={0,2}$/.test(joined)
}
