import type { ErrorFormat } from '../errors/api-error.ts'
import type { ErrorLanguage } from '../errors/error-spec.ts'
import { isObject } from '../util/json.ts'
import type { AppContext } from './context.ts'

/** The format of the errors of a request. The control API has OpenAI's, because the gateway has no such API. */
export function formatOf(c: AppContext): ErrorFormat {
  const { requestId, isOpen, body } = c.get('context')
  const dialect = isOpen ? c.get('mock').errors : 'openai'
  const wantsStream = isObject(body) && body['stream'] === true
  return { dialect, requestId, language: languageOf(c.req.header('accept-language')), wantsStream }
}

// The gateway reads only the first language of the header [S]. All others than Chinese are English [M].
function languageOf(header = ''): ErrorLanguage {
  const first = header.trim().toLowerCase()
  if (first.startsWith('zh-tw')) return 'zh-TW'
  return first.startsWith('zh') ? 'zh' : 'en'
}
