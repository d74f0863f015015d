/** Made by tools/page.js from fixtures/scenarios/ and the texts of the documents. */
declare module '#scenario-words' {
  /** The headings of the scenarios in each language, by the prefix of their names, in the order of the document. */
  export const GROUPS: Readonly<Record<'en' | 'zh', Readonly<Record<string, string>>>>
  /** What a client sees: the Chinese of each English text of a packaged scenario. */
  export const CHINESE: Readonly<Record<string, string>>
}
