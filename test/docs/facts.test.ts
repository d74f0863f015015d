import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { commandOptions } from '../../src/cli/command-line.ts'
import { blocksOf, read, root } from './page.ts'

const pagesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)
const pages = [...readdirSync(root).filter((name) => name.endsWith('.md')), ...pagesIn('docs'), ...pagesIn('deploy')]

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(markdown: string): string[] {
  return Array.from(markdown.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test.each(pages)('the links of %s lead to files and headings that exist', (page) => {
  const prose = read(page)
    .replaceAll(/^```[^]*?^```$/gm, '')
    .replaceAll(/`[^`\n]+`/g, '')
  const links = Array.from(
    prose.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g),
    ([, link, image]) => link ?? image ?? '',
  )
  const broken = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false
    const [path = '', anchor] = decodeURI(link).split('#')
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(root, target))) return true
    return anchor !== undefined && !anchorsOf(read(target)).includes(anchor)
  })
  expect(broken).toEqual([])
})

test.each(pages)('the scripts and flags that %s names exist', (page) => {
  const text = read(page)
  const { scripts } = JSON.parse(read('package.json'))
  for (const [, name = ''] of text.matchAll(/`npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(name)
  const flags = ['--help', '--version', '--json', ...commandOptions.map(({ flag }) => `--${flag.name}`)]
  for (const [, line = ''] of text.matchAll(/(?:npx chat-image-mock|npm start --)(?: \w+)*((?: --[^\n`|]+)?)/g))
    for (const [flag] of line.matchAll(/(?<= )--[a-z-]+/g)) expect(flags, line).toContain(flag)
})

// GitHub does not show what a fence has behind its language.
test.each(pages)('each file of %s has its name in its first line or in the paragraph above', (page) => {
  const text = read(page)
  const lines = text.split('\n')
  const nameless = blocksOf(text).filter(({ language, path, text: code, line }) => {
    if (path === undefined || ['promql', 'text'].includes(language)) return false
    return !`${lines.slice(0, line - 1).findLast((each) => each !== '')}\n${code.split('\n')[0]}`.includes(path)
  })
  expect(nameless.map(({ path }) => path)).toEqual([])
})

test('the image of README.md, README.zh-CN.md and the recipe is that of the Dockerfile', () => {
  const { name, version } = JSON.parse(read('package.json'))
  const [, port] = /^EXPOSE (\d+)$/m.exec(read('Dockerfile')) ?? []
  for (const page of ['README.md', 'README.zh-CN.md'])
    expect(read(page)).toContain(
      `docker build -t ${name}:${version} .\ndocker run --rm --read-only -p 127.0.0.1:${port}:${port} ${name}:${version}\n`,
    )
  expect(read('docs/recipes/testcontainers.md')).toContain(`docker build -t ${name}:${version} .`)
})

test('the image has the variables for memory that operations.md shows', () => {
  const variables = (text: string): string[] => text.match(/\bMALLOC_\w+=\d+/g) ?? []
  expect(variables(read('Dockerfile'))).toHaveLength(3)
  expect(variables(read('docs/operations.md'))).toEqual(variables(read('Dockerfile')))
})

test.each(['CONTRIBUTING.md', 'ARCHITECTURE.md'])('the files and folders that %s names exist', (page) => {
  const text = read(page)
  const paths = [...text.matchAll(/(?:^|[`(\s])((?:src|test|fixtures|tools|docs|deploy)\/[\w./-]*)/gm)]
  const roots = [...text.matchAll(/[`(]([\w-]+\.(?:yaml|md))[`)]/g)]
  const names = [...paths, ...roots].map(([, name = '']) => name)
  expect(names.length).toBeGreaterThan(15)
  expect(names.filter((name) => !existsSync(join(root, name)))).toEqual([])
  // A file in the folder that was named before has its bare name: `control-api.ts`, `routes/operations.ts`.
  const known = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map(
    (name) => `/${name.replaceAll('\\', '/')}`,
  )
  const short = [...text.matchAll(/(?<![\w./-])((?!src\/|test\/)(?:[\w-]+\/)*[\w-]+\.ts)\b/g)].map(
    ([, name = '']) => name,
  )
  expect(short.filter((name) => !known.some((path) => path.endsWith(`/${name}`)))).toEqual([])
})

test('npm start runs the built command', () => {
  expect(JSON.parse(read('package.json')).scripts.start).toBe('node dist/cli.js')
})
