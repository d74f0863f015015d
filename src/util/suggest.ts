const FAR = 4

/** How many characters differ between two texts of at most 200, by Levenshtein; 4 for all that differ in more than 3. */
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

/** The names that are nearly the one that was asked for, at most five, the nearest first: a slip of the pen, or one of its words. */
export function suggestNames(asked: string, names: Iterable<string>): string[] {
  const words = asked
    .toLowerCase()
    .slice(0, 64)
    .split(/[^a-z\d]+/)
    .filter((word) => word.length > 2)
  const rank = (name: string): number => {
    const slip = editDistance(asked.slice(0, 64), name)
    return slip < FAR ? slip : FAR + words.length - words.filter((word) => name.includes(word)).length
  }
  return [...names]
    .map((name) => ({ name, rank: rank(name) }))
    .filter((near) => near.rank < FAR + words.length)
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, 5)
    .map(({ name }) => name)
}
