// Reads the facts of fixtures/profiles.yaml with their evidence, which is in comments.
import { isAlias, LineCounter, parseDocument } from 'yaml'

const PROFILES = 'fixtures/profiles.yaml'
const TAG = /^\[[SMRG]\]/

/**
 * The block of each name: its line, and its values with their tags. An alias has the same block as its anchor. Throws if
 * a value has no tag, with its line.
 */
export function readBlocks(text) {
  const lines = new LineCounter()
  const document = parseDocument(text, { merge: true, lineCounter: lines })
  if (document.errors.length > 0) throw document.errors[0]
  const lineOf = (pair) => lines.linePos(pair.key.range[0]).line
  const resolve = (node) => (isAlias(node) ? node.resolve(document) : node)
  const read = new Map()
  const readBlock = (name, pair) => {
    const node = resolve(pair.value)
    if (!read.has(node))
      read.set(node, { name, line: lineOf(pair), facts: new Map(node.items.flatMap((inner) => readPair(name, inner))) })
    return read.get(node)
  }
  const readPair = (name, pair) => {
    if (pair.key.source === '<<') return [...readBlock(name, pair).facts]
    const { comment, commentBefore } = pair.value
    const tag = (comment ?? commentBefore ?? '').replaceAll(/\s+/g, ' ').trim()
    const fact = pair.key.value
    if (!TAG.test(tag))
      throw new Error(
        `${PROFILES}:${lineOf(pair)} ${name}.${fact} has no tag. Add a comment that begins with [S], [M], [R] or [G].`,
      )
    return [[fact, { value: resolve(pair.value).toJS(document), tag }]]
  }
  return new Map(document.contents.items.map((pair) => [pair.key.value, readBlock(pair.key.value, pair)]))
}

/** The tags of all facts: by the name of the block, then by the name of the fact. */
export function evidenceIn(text) {
  const blocks = [...readBlocks(text)]
  const tagsOf = ({ facts }) => Object.fromEntries(Array.from(facts, ([fact, { tag }]) => [fact, tag]))
  return Object.fromEntries(blocks.map(([name, block]) => [name, tagsOf(block)]))
}
