/** A scenario as the catalogue shows it. */
export interface CatalogueEntry {
  readonly name: string
  /** What a client sees. */
  readonly about: string
}

/** Scenarios under one heading. */
export interface CatalogueGroup {
  readonly heading: string
  readonly entries: readonly CatalogueEntry[]
}

/**
 * The scenarios that match a search, in groups. `headings` are by the prefix of the names, in the order of the groups;
 * scenarios with another prefix come first, under `own`: they are the user's. Each word of the search must be in the
 * name, in the text or in the heading.
 */
export function toCatalogue(
  entries: readonly CatalogueEntry[],
  {
    headings,
    own,
    search,
  }: { readonly headings: Readonly<Record<string, string>>; readonly own: string; readonly search: string },
): CatalogueGroup[] {
  const words = search.toLowerCase().split(/\s+/)
  const matches = (heading: string, { name, about }: CatalogueEntry): boolean => {
    const text = `${name} ${about} ${heading}`.toLowerCase()
    return words.every((word) => text.includes(word))
  }
  const prefixOf = ({ name }: CatalogueEntry): string | undefined =>
    Object.keys(headings).find((prefix) => name.startsWith(`${prefix}-`))
  return [[undefined, own] as const, ...Object.entries(headings)]
    .map(([prefix, heading]) => ({
      heading,
      entries: entries.filter((entry) => prefixOf(entry) === prefix && matches(heading, entry)),
    }))
    .filter((group) => group.entries.length > 0)
}
