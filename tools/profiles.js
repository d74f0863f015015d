// Makes the table of models in README.md and README.zh-CN.md from fixtures/profiles.yaml.
// Run by hand after that file or the contract's list of models has changed: node tools/profiles.js
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isAlias, LineCounter, parse, parseDocument } from 'yaml'
import { profileOf } from '../build/chat/profile.js'

const FILE = 'fixtures/profiles.yaml'
const TAG = /^\[[SMRG]\]/
const BEGIN = '<!-- made by tools/profiles.js -->\n\n'
const END = '\n<!-- end -->\n'

// The files with the table, and its head in each.
const READMES = {
  'README.md': '| model | style | sizes | formats | reference picture |\n',
  'README.zh-CN.md': '| 模型 | 风格 | 尺寸 | 格式 | 参考图 |\n',
}

/** The table of one of the READMEs, from the text of fixtures/profiles.yaml and that of openapi.yaml. A fact without a tag is an error that names its line. */
export function profileTable(profiles, contract, readme = 'README.md') {
  const blocks = readBlocks(profiles)
  const models = parse(contract).components.schemas.Model.anyOf[0].enum
  const names = [...models, ...blocks.keys()].filter((name) => name !== '*')
  // Names that share a block share a row; the rows stand as the blocks do.
  const rows = [...new Set(blocks.values())].flatMap((block) => {
    const sharing = [...new Set(names)].filter((name) => profileOf(blocks, name) === block)
    return sharing.length === 0
      ? []
      : [`| ${sharing.map((name) => `\`${name}\``).join(', ')} | ${cellsOf(block).join(' | ')} |\n`]
  })
  return [READMES[readme], '|---|---|---|---|---|\n', ...rows].join('')
}

/** A README with the table between its two marks. */
export function withTable(readme, table) {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end < begin)
    throw new Error(`the table stands between the lines ${BEGIN.trim()} and ${END.trim()}, with an empty line at each`)
  return readme.slice(0, begin) + BEGIN + table + readme.slice(end)
}

/** Each name's block: its line, and its facts with their tags. An alias gives the same block as its anchor. */
function readBlocks(text) {
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
        `${FILE}:${lineOf(pair)} ${name}.${fact}: write behind it how it is known, as # [S]: [S], [M], [R] or [G]`,
      )
    return [[fact, { value: resolve(pair.value).toJS(document), tag }]]
  }
  return new Map(document.contents.items.map((pair) => [pair.key.value, readBlock(pair.key.value, pair)]))
}

function cellsOf({ name, line, facts }) {
  const tell = (fact, write) => {
    const known = facts.get(fact)
    if (known === undefined) throw new Error(`${FILE}:${line} ${name}: it says nothing of ${fact}`)
    return `${write(known.value)} ${known.tag.replaceAll('|', String.raw`\|`)}`
  }
  const code = (value) => `\`${value}\``
  const list = ([first, ...rest]) => [`**${first}**`, ...rest].join(' ')
  const reference = [
    tell('references', code),
    ...(facts.has('follows') ? [tell('follows', (value) => `gives the ${value}`)] : []),
  ].join('; ')
  return [tell('style', code), tell('sizes', list), tell('formats', list), reference]
}

if (realpathSync(process.argv[1]) === import.meta.filename) {
  const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
  const read = (name) => readFileSync(path(name), 'utf8')
  for (const name of Object.keys(READMES))
    writeFileSync(path(name), withTable(read(name), profileTable(read(FILE), read('openapi.yaml'), name)))
}
