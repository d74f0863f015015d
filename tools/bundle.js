// The last part of the build: joins the compiled modules into few files, since a start loads each file one by one (about
// 0.7 ms each here). Packages stay imports; what the code loads later stays a file of its own.
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const bundle = await rolldown({
  input: { index: path('build/index.js'), cli: path('build/cli.js') },
  platform: 'node',
  preserveEntrySignatures: 'allow-extension', // an entry may share a file with what it is made of
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
})
// What a start and a chat request need is one file; these are loaded by what needs them: a picture, a file of the user's.
const LATE = /build\/(?:image\/(?:canvas|creature|encode|glyph|metadata|paint|palette)|contract\/(?:document|ref|validator|response|prepare)|chat\/profiles|server\/listen|cli|index|prepare)\b/
const codeSplitting = { includeDependenciesRecursively: false, groups: [{ name: 'core', test: (id) => id.startsWith(path('build')) && !LATE.test(id) }] }
await bundle.write({ dir: path('dist'), format: 'esm', chunkFileNames: '[name].js', codeSplitting, comments: false })
await bundle.close()
