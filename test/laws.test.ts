import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const root = resolve(import.meta.dirname, '..')
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => file.replaceAll('\\', '/'))
const codeOf = (file: string): string => readFileSync(join(root, 'src', file), 'utf8')
const withoutComments = (file: string): string =>
  codeOf(file)
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '')

/** The folders of src/ by rank, the lowest first. A folder imports only itself and folders of lower ranks. */
const RANKS = [
  ['util'],
  ['errors'],
  ['openapi', 'images', 'store'],
  ['chat'],
  ['gateway'],
  ['scenarios', 'journal'],
  ['app'],
  ['node'],
  ['mock'],
  ['testing', 'index.ts', 'hono.ts'],
  ['cli', 'page'],
]
const folderOf = (file: string): string => file.split('/')[0] ?? ''
const rankOf = (file: string): number => RANKS.findIndex((folders) => folders.includes(folderOf(file)))

test('imports run downwards: util < errors < openapi, images, store < chat < gateway < scenarios, journal < app < node < mock < testing, cli, page', () => {
  const upward = files
    .filter((file) => file !== 'prepared.d.ts')
    .flatMap((file) =>
      [...codeOf(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)]
        .map((match) =>
          relative(join(root, 'src'), resolve(root, 'src', file, '..', match[1] ?? '')).replaceAll('\\', '/'),
        )
        .filter((target) => folderOf(target) !== folderOf(file) && rankOf(target) >= rankOf(file))
        .map((target) => `${file} -> ${target}`),
    )
  expect(upward).toEqual([])
  expect(
    files.filter((file) => file !== 'prepared.d.ts' && rankOf(file) < 0),
    'files in a folder without a rank',
  ).toEqual([])
})

test('the code has no model name and no path of the provider', () => {
  const models: string[] = parse(readFileSync(join(root, 'openapi.yaml'), 'utf8')).components.schemas.Model.anyOf[0]
    .enum
  const families = Object.keys(parse(readFileSync(join(root, 'fixtures/profiles.yaml'), 'utf8'), { merge: true }))
    .filter((name) => name.length > 1 && name.endsWith('*'))
    .map((name) => name.slice(0, -1))
  const words = [...models, ...families, '/v1/']
  expect(words.length).toBeGreaterThan(15)
  const found = files.flatMap((file) => {
    const code = withoutComments(file)
    return words.filter((word) => code.includes(word)).map((word) => `${file}: ${word}`)
  })
  expect(found).toEqual([])
})

test('only cli.ts uses process.* and console.*', () => {
  // The page's snippets are code for the user's program.
  const isSnippet = (file: string): boolean => file.startsWith('page/snippets/')
  const found = files.filter(
    (file) => file !== 'cli/cli.ts' && !isSnippet(file) && /\bprocess\.|\bconsole\./.test(withoutComments(file)),
  )
  expect(found).toEqual([])
})

test('every public name has a docstring with an example', () => {
  const entries = ['index.ts', ...files.filter((file) => file.startsWith('testing/') && file !== 'testing/pending.ts')]
  const places = entries.flatMap((entry) => {
    const own = [...codeOf(entry).matchAll(/^export (?:async )?(?:function|class|interface|type|const) (\w+)/gm)].map(
      ([, name = '']) => [entry, name] as const,
    )
    const others = [...codeOf(entry).matchAll(/^export (?:type )?\{ (.+) \} from '\.\/(.+)'/gm)].flatMap(
      ([, names = '', file = '']) => names.split(', ').map((name) => [file, name] as const),
    )
    return [...own, ...others]
  })
  expect(places.length).toBeGreaterThan(25)
  const without = places.filter(
    ([file, name]) =>
      !new RegExp(
        String.raw`/\*\*(?:(?!\*/)[^])*\* @example\n(?:(?!\*/)[^])*\*/\nexport (?:async )?(?:function|class|interface|type|const) ${name}\b`,
      ).test(codeOf(file)),
  )
  expect(without.map(([file, name]) => `${file}: ${name}`)).toEqual([])
})

test('the server has no code that fetches URLs', () => {
  const found = files.filter(
    (file) =>
      !['mock/create-mock.ts', 'mock/remote.ts', 'cli/commands/ready.ts'].includes(file) &&
      folderOf(file) !== 'page' && // it runs in a browser
      /(?<![.\w])fetch\(|\bhttps?\.(?:get|request)\(|from 'undici'|import\('node:https'\)/.test(withoutComments(file)),
  )
  expect(found).toEqual([])
})

test('no file is longer than 300 lines', () => {
  expect(files.filter((file) => codeOf(file).split('\n').length > 300)).toEqual([])
})

test('dependencies have a free licence and no install scripts', () => {
  const { packages }: { packages: Record<string, { dev?: boolean; license?: string; hasInstallScript?: boolean }> } =
    JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true)
  expect(installed.length).toBeGreaterThan(20)
  const free = /^(?:MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|Python-2\.0|PSF-2\.0)$/
  // libvips, which sharp loads as a shared library
  const notFree = installed.filter(
    ([path, { license = '' }]) => !free.test(license) && !path.startsWith('node_modules/@img/sharp-'),
  )
  expect(notFree.map(([path, { license }]) => `${path}: ${license}`)).toEqual([])
  expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path)).toEqual([])
})
