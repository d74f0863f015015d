/** The languages that are spoken to people. */
export type Language = 'zh' | 'en'

/** The language of a prompt: Chinese where it has a Chinese character. */
export function languageOf(text: string): Language {
  return /[\u3400-\u9fff]/.test(text) ? 'zh' : 'en'
}
