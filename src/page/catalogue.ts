/** A scenario as the catalogue shows it. */
export interface CatalogueEntry {
  readonly name: string
  /** What a client sees. */
  readonly about: string
  readonly group: string
  readonly isCustom: boolean
  /** The responses of a sequence, in order; one if it is not a sequence. */
  readonly effects: readonly { readonly status: number | null; readonly code: string | null }[]
}

/** Scenarios under one heading. */
export interface CatalogueGroup {
  readonly heading: string
  readonly entries: readonly CatalogueEntry[]
}

/**
 * The scenarios that match a search, in groups. `headings` are by the name of the group, in the order of the groups. The
 * user's scenarios come first, under `own`. Each word of the search must be in the name, the text, the heading, or a
 * status or code of the scenario.
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
  const matches = (heading: string, { name, about, effects }: CatalogueEntry): boolean => {
    const seen = effects.flatMap(({ status, code }) => [status, code])
    const text = [name, about, heading, ...seen].join(' ').toLowerCase()
    return words.every((word) => text.includes(word))
  }
  const groups = Object.entries(headings).map(([group, heading]) => ({
    heading,
    isIn: (entry: CatalogueEntry) => !entry.isCustom && entry.group === group,
  }))
  return [{ heading: own, isIn: ({ isCustom }: CatalogueEntry) => isCustom }, ...groups]
    .map(({ heading, isIn }) => ({
      heading,
      entries: entries.filter((entry) => isIn(entry) && matches(heading, entry)),
    }))
    .filter((group) => group.entries.length > 0)
}
