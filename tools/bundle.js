// The last part of the build: joins the compiled modules into few files, since a start loads each file one by one (about
// 0.7 ms each here). Packages stay imports; what the code loads later stays a file of its own.
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const bundle = await rolldown({
  input: { index: path('build/index.js'), cli: path('build/cli.js') },
  platform: 'node',
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
})
await bundle.write({ dir: path('dist'), format: 'esm', chunkFileNames: '[name].js', comments: false })
await bundle.close()
