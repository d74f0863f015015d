import { modelsOf } from '../../app/routes/operations.ts'
import type { Settings } from '../../app/settings.ts'
import { isMeant, profileOf } from '../../chat/profile.ts'
import { toSettings } from '../../mock/to-settings.ts'
import { toColumns } from '../../util/columns.ts'
import { didYouMean } from '../../util/suggest.ts'
import type { Command } from '../command-line.ts'
import { printable, toPrintableJson } from '../printable.ts'
import type { Terminal } from './serve.ts'

/** Prints the models or the scenarios, custom ones too. An Error says that no name contains the given text. */
export async function list({ name: what, target = '', options, json }: Command, { stdout }: Terminal): Promise<void> {
  const { spec, fixtures } = options
  const settings = await toSettings({ ...(spec && { spec }), ...(fixtures && { fixtures }) })
  const items = select(what === 'models' ? toModels(settings) : toScenarios(settings), target, what)
  const text = json ? toPrintableJson(items, 2) : what === 'models' ? modelTable(items) : scenarioTable(items)
  // A reader may take its time: the process ends soon after the command does.
  await new Promise<void>((done) => stdout.write(`${text}\n`, () => done()))
}

// The items with a word that begins with the text; otherwise those that contain it; otherwise the families of a model.
function select(items: readonly Item[], text: string, what: string): readonly Item[] {
  const sought = text.toLowerCase()
  const ways = [
    (name: string) => wordsOf(name).some((word) => word.startsWith(sought)),
    (name: string) => name.includes(sought),
    (name: string) => name.endsWith('*') && isMeant(name, sought),
  ]
  const found = ways.map((isSought) => items.filter(({ name }) => isSought(name.toLowerCase())))
  const first = found.find(({ length }) => length > 0)
  if (first !== undefined) return first
  const hint = didYouMean(text, new Set(items.flatMap(({ name }) => wordsOf(name))))
  throw new Error(`no name contains '${text}'.${hint || ` \`chat-image-mock ${what}\` lists all.`}`)
}

function wordsOf(name: string): string[] {
  return [name, ...name.split(/[^a-z\d]+/i)]
}

interface Item {
  readonly name: string
  readonly [key: string]: string | readonly string[]
}

// The models and families of the contract, and the models of a family that have a profile.
function toModels(settings: Settings): Item[] {
  const { profiles } = settings
  const { values, titles } = modelsOf(settings)
  const members = [...profiles.keys()].filter((name) => titles.some((family) => isMeant(family, name)))
  return [...new Set([...values, ...members, ...titles])].map((name) => {
    const { style, sizes, formats, references } = profileOf(profiles, name)
    return { name, style, formats, references, sizes: sizes.map(({ width, height }) => `${width}x${height}`) }
  })
}

function toScenarios({ scenarios }: Settings): Item[] {
  return [...scenarios.keys()].toSorted().map((name) => ({ name, about: scenarios.get(name)?.about ?? '' }))
}

const MAX_SIZES = 4 // of a model in the table; JSON has all

function modelTable(models: readonly Item[]): string {
  const head = ['MODEL', 'STYLE', 'FORMATS', 'REFERENCE PICTURES', 'SIZES (FIRST = DEFAULT)']
  const rows = models.map((model) =>
    Object.values(model).map((cell) => {
      if (typeof cell === 'string') return cell
      const more = cell.length > MAX_SIZES ? ` and ${cell.length - MAX_SIZES} more` : ''
      return cell.slice(0, MAX_SIZES).join(' ') + more
    }),
  )
  return toText([head, ...rows])
}

// With an empty line between names with different prefixes.
function scenarioTable(scenarios: readonly Item[]): string {
  const lines = toText(scenarios.map(({ name, about }) => [name, String(about)]))
  return lines.replaceAll(/^(\w+)\b.*\n(?!\1\b)/gm, '$&\n')
}

function toText(rows: readonly (readonly string[])[]): string {
  return toColumns(rows.map((row) => row.map(printable)))
}
