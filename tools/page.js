// Bundles the page of the mock into dist/page: two scripts, a style sheet and an icon. All packages are bundled, with
// their licences, so that the page loads nothing from elsewhere.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { createCanvas } from '../build/images/render/canvas.js'
import { GRID, paintCreature } from '../build/images/render/creature.js'
import { palettes } from '../build/images/render/palette.js'
import { loadScenarios } from '../build/scenarios/load-fixtures.js'
import { textsOf } from './tables.js'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const CELL = 5 // pixels of the icon
const PACKAGES = ['preact', 'hono', 'eventsource-parser']

writeFileSync(path('build/scenario-words.js'), await scenarioWords())

// Each is a file by itself, because a worker cannot share one with the page.
for (const [name, file] of [
  ['page', 'page.tsx'],
  ['worker', 'worker.ts'],
]) {
  const bundle = await rolldown({
    input: { [name]: path(`src/page/${file}`) },
    platform: 'browser',
    tsconfig: path('src/page/tsconfig.json'),
    resolve: { alias: { '#scenario-words': path('build/scenario-words.js') } },
  })
  const { output } = await bundle.write({
    dir: path('dist/page'),
    format: 'esm',
    entryFileNames: '[name].js',
    minify: true,
    codeSplitting: false,
  })
  const [{ imports }] = output
  if (imports.length > 0)
    throw new Error(`src/page/${file} imports ${imports.join(', ')}, which a browser does not have`)
  await bundle.close()
}
copyFileSync(path('src/page/page.css'), path('dist/page/page.css'))
writeFileSync(path('dist/page/icon.svg'), toIcon('7c1f0a9be3d24586'))
writeFileSync(
  path('dist/page/LICENSES.txt'),
  PACKAGES.map((name) => `${name}\n\n${readFileSync(path(`node_modules/${name}/LICENSE`), 'utf8')}`).join('\n'),
)

// A creature of the pictures as SVG: each row of pixels is a few rectangles. The black background is left out.
function toIcon(emblem) {
  const size = GRID * CELL
  const { pixels } = paint(emblem, size)
  const shapes = new Map()
  for (let y = 0; y < size; y++) {
    for (let x = 0, width = 0; x < size; x += width) {
      const colour = colourAt(pixels, y * size + x)
      for (width = 1; x + width < size && colourAt(pixels, y * size + x + width) === colour;) width++
      if (colour !== '000000') shapes.set(colour, `${shapes.get(colour) ?? ''}M${x} ${y}h${width}v1h-${width}z`)
    }
  }
  const paths = [...shapes].map(([colour, d]) => `<path fill="#${colour}" d="${d}"/>`).join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">${paths}</svg>\n`
}

function paint(emblem, size) {
  const canvas = createCanvas(size, size)
  paintCreature(canvas, { emblem }, { palette: palettes[0], x: 0, y: 0, cell: CELL })
  return canvas
}

function colourAt(pixels, index) {
  return Buffer.from(pixels.subarray(index * 3, index * 3 + 3)).toString('hex')
}

// The texts of the scenarios that the documents have too. See src/page/scenario-words.d.ts.
async function scenarioWords() {
  const scenarios = [...(await loadScenarios(path('fixtures/scenarios'))).values()]
  const names = scenarios.map(({ name }) => name)
  const prefixes = [...new Set(names.map((name) => name.split('-')[0]))]
  const chinese = textsOf('zh-CN', 'scenarios', names)
  const values = {
    GROUPS: { en: textsOf('en', 'groups', prefixes), zh: textsOf('zh-CN', 'groups', prefixes) },
    CHINESE: Object.fromEntries(scenarios.map(({ name, about }) => [about, chinese[name]])),
  }
  return Object.entries(values)
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}\n`)
    .join('')
}
