// The last step of the build: bundles the compiled modules into few files, because each file adds 0.7 ms to a start.
// Packages stay imports. Each dynamic import stays a separate file.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
// A start needs only a small part of these packages, so it is bundled together with their licences.
const INLINED = ['hono', '@hono/node-server', 'tokenx']
// The exports of the package, and the command.
const ENTRIES = {
  index: 'index',
  cli: 'cli/cli',
  hono: 'hono',
  matchers: 'testing/matchers',
  playwright: 'testing/playwright',
  testcontainers: 'testing/testcontainers',
  vitest: 'testing/vitest',
}
/** The static imports of each module. */
const imports = new Map()
const bundle = await rolldown({
  input: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, path(`build/${file}.js`)])),
  platform: 'node',
  preserveEntrySignatures: 'allow-extension', // an entry may share a file with its modules
  // Every start loads build/prepared.js. Bundled, it needs no module resolution and no separate read.
  resolve: { alias: { '#prepared': path('build/prepared.js') } },
  external: (id) =>
    !/^[./]/.test(id) && id !== '#prepared' && !INLINED.some((name) => id === name || id.startsWith(`${name}/`)),
  plugins: [{ name: 'imports', moduleParsed: ({ id, importedIds }) => void imports.set(id, importedIds) }],
})
// All static imports of a start become one file. Each dynamic import() stays a separate file.
let core
const isCore = (id) => (core ??= closureOf(path('build/mock/create-mock.js'))).has(id)
const codeSplitting = { includeDependenciesRecursively: false, groups: [{ name: 'core', test: isCore }] }
const { output } = await bundle.write({
  dir: path('dist'),
  format: 'esm',
  chunkFileNames: '[name].js',
  codeSplitting,
  comments: false,
})
await bundle.close()
// Written as ASCII: V8 stores a file with any other character in twice the memory, and the start takes 1 ms longer.
for (const { fileName, code } of output.filter(({ type }) => type === 'chunk')) {
  const escaped = code.replaceAll(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  writeFileSync(path(`dist/${fileName}`), escaped)
}
writeFileSync(
  path('dist/LICENSES.txt'),
  INLINED.map((name) => `${name}\n\n${readFileSync(path(`node_modules/${name}/LICENSE`), 'utf8')}`).join('\n'),
)

// Deletes the files of earlier builds, and the types that no export of the package needs.
const { exports } = JSON.parse(readFileSync(path('package.json'), 'utf8'))
const types = Object.values(exports).flatMap((entry) => entry.types?.replace('./dist/', '') ?? [])
const written = new Set([...output.map(({ fileName }) => fileName), 'LICENSES.txt', ...typesOf(types)])
for (const file of readdirSync(path('dist'), { recursive: true, encoding: 'utf8' }).map((name) =>
  name.replaceAll('\\', '/'),
)) {
  if (file === 'page' || file.startsWith('page/')) continue // tools/page.js writes it
  const isFolder = [...written].some((name) => name.startsWith(`${file}/`))
  if (!written.has(file) && !isFolder) rmSync(path(`dist/${file}`), { recursive: true, force: true })
}

/** A module and all its static imports, also indirect ones. */
function closureOf(/** @type {string} */ id, seen = new Set()) {
  if (seen.has(id) || !imports.has(id)) return seen
  seen.add(id)
  for (const imported of imports.get(id)) closureOf(imported, seen)
  return seen
}

/** @param {readonly string[]} files */
function typesOf(files) {
  /** @type {Set<string>} */
  const found = new Set()
  const visit = (/** @type {string} */ file) => {
    if (found.has(file)) return
    found.add(file)
    for (const [, target = ''] of readFileSync(path(`dist/${file}`), 'utf8').matchAll(
      /(?:from |import\()['"](\.[^'"]+)\.ts['"]/g,
    ))
      visit(posix.join(posix.dirname(file), `${target}.d.ts`))
  }
  files.forEach(visit)
  return found
}
