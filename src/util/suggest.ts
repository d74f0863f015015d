const FAR = 4

/** Levenshtein distance of two texts of at most 200 characters; 4 for every distance above 3. */
export function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) >= FAR) return FAR
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      )
    row = next
  }
  return Math.min(row[b.length] ?? FAR, FAR)
}

/** The names, at most five, that are similar to the requested one or have one of its words. The nearest is first. */
export function suggestNames(requested: string, names: Iterable<string>): string[] {
  const words = requested
    .toLowerCase()
    .slice(0, 64)
    .split(/[^a-z\d]+/)
    .filter((word) => word.length > 2)
  const rankOf = (name: string): number => {
    const distance = editDistance(requested.slice(0, 64), name)
    return distance < FAR ? distance : FAR + words.length - words.filter((word) => name.includes(word)).length
  }
  return [...names]
    .map((name) => ({ name, rank: rankOf(name) }))
    .filter(({ rank }) => rank < FAR + words.length)
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, 5)
    .map(({ name }) => name)
}

/** `Did you mean …?` with a space before it; empty if no name is similar. */
export function didYouMean(requested: string, names: Iterable<string>): string {
  const similar = suggestNames(requested, names)
  const [nearest = ''] = similar
  const distance = editDistance(requested, nearest)
  // A name with three typing errors, or with one for each letter, is another name; one that shares a word is not.
  const shown =
    distance <= 2 && distance < Math.min(requested.length, nearest.length)
      ? [nearest]
      : similar.filter((name) => editDistance(requested, name) === FAR)
  return shown.length === 0 ? '' : ` Did you mean ${shown.join(' or ')}?`
}
