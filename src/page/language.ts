import { createContext } from 'preact'
import { useContext } from 'preact/hooks'

/** The languages of the page. */
export type Language = 'en' | 'zh'

/** Words in each language, of the same shape. */
export type Translations<T> = Readonly<Record<Language, T>>

/** Pairs the English words with the Chinese ones. TypeScript reports what is not translated. */
export function translations<T>(en: T, zh: NoInfer<T>): Translations<T> {
  return { en, zh }
}

/** The language of the page. */
export const LanguageContext = createContext<Language>('en')

/** The words in the language of the page. */
export function useWords<T>(words: Translations<T>): T {
  return words[useContext(LanguageContext)]
}
