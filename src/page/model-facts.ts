/** The entry of a model in a list of models and families, such as `name-*`: its own, or that of its nearest family. */
export function factsOf<T extends { readonly name: string }>(entries: readonly T[], model: string): T | undefined {
  const families = entries
    .filter(({ name }) => name.endsWith('*') && model.startsWith(name.slice(0, -1)))
    .toSorted((a, b) => b.name.length - a.name.length)
  return entries.find(({ name }) => name === model) ?? families[0]
}
