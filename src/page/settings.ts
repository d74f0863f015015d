import { useEffect, useState } from 'preact/hooks'
import type { Language } from './language.ts'

/** What a user chooses for this browser. */
export interface PageSettings {
  readonly language: Language
  /** `auto` follows the system. */
  readonly theme: 'auto' | 'light' | 'dark'
}

const KEY = 'chat-image-mock'

/** The settings, kept in this browser's local storage, and a function that changes some of them. */
export function useSettings(): readonly [PageSettings, (changes: Partial<PageSettings>) => void] {
  const [settings, set] = useState(readSettings)
  useEffect(() => {
    document.documentElement.lang = settings.language === 'zh' ? 'zh-CN' : 'en'
    document.documentElement.dataset['theme'] = settings.theme
  }, [settings])
  const change = (changes: Partial<PageSettings>): void => {
    const next = { ...settings, ...changes }
    set(next)
    try {
      localStorage.setItem(KEY, JSON.stringify(next))
    } catch {
      // The browser forbids storage: the choice lasts until the page is closed.
    }
  }
  return [settings, change]
}

function readSettings(): PageSettings {
  const kept = readKept()
  const language = oneOf(kept['language'], ['en', 'zh'] as const)
  const theme = oneOf(kept['theme'], ['auto', 'light', 'dark'] as const)
  return { language: language ?? (navigator.language.startsWith('zh') ? 'zh' : 'en'), theme: theme ?? 'auto' }
}

function readKept(): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function oneOf<T>(value: unknown, known: readonly T[]): T | undefined {
  return known.find((one) => one === value)
}
