import { hash } from 'node:crypto'
import { languageOf } from '../../chat/chat-request.ts'
import { type Colour, mix } from '../../images/render/canvas.ts'
import { type Links, toLinks } from '../../images/links.ts'
import { type Recipe, MEDIA_TYPES } from '../../images/recipe.ts'
import { palettes } from '../../images/render/palette.ts'
import { escapeHtml } from '../../util/escape-html.ts'
import type { Reply } from '../../util/reply.ts'

/** A task and the Recipe of its picture, as the links of a task hold them. */
export interface Task {
  readonly id: string
  readonly recipe: Recipe
}

const ENGLISH = {
  done: '✅ Generation complete',
  failed: '❌ Generation failed',
  untitled: 'No prompt',
  download: 'Download',
  picture: 'Open picture',
  source: 'Source JSON',
  model: 'Model',
  size: 'Size',
  format: 'Format',
  number: 'Picture',
  numberOf: (index: number, count: number) => `${index} of ${count}`,
  references: 'References',
  task: 'Task ID',
  foot: 'A placeholder drawn by chat-image-mock',
  locale: 'en_US',
}
type Words = typeof ENGLISH

const CHINESE: Words = {
  done: '✅ 生成完成',
  failed: '❌ 生成失败',
  untitled: '无提示词',
  download: '下载图片',
  picture: '查看原图',
  source: 'JSON 数据',
  model: '模型',
  size: '尺寸',
  format: '格式',
  number: '图片',
  numberOf: (index, count) => `第 ${index} 张，共 ${count} 张`,
  references: '参考图',
  task: '任务 ID',
  foot: 'chat-image-mock 绘制的占位图',
  locale: 'zh_CN',
}

// The same for every picture, so that its hash is computed once. Frames are four hard shadows, which leave a notch at
// each corner, as in pixel art. A picture's width follows from its ratio: small pictures are enlarged, tall ones fit
// the window, and the layout does not move when the picture loads.
const STYLE = `
*{box-sizing:border-box;margin:0}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{min-height:100vh;min-height:100svh;display:flex;flex-direction:column;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;overflow-wrap:anywhere}
body::before{content:"";height:8px;background:repeating-conic-gradient(var(--ground) 0 25%,transparent 0 50%) 0 0/8px 8px,var(--strip)}
main{--tall:68vh;--tall:68svh;--wide:min(100vw - 3rem,max(68rem,70vw),max(4rem,var(--tall)*var(--ratio)));flex:1;display:grid;gap:1.75rem;align-content:center;justify-content:center;grid-template-columns:minmax(0,max(var(--wide),min(100vw - 3rem,44rem)));padding:2rem 1.5rem}
.art{justify-self:center;width:var(--wide);max-width:100%}
.art,.facts,nav a{--edge:4px;box-shadow:0 calc(-1*var(--edge)) var(--frame),0 var(--edge) var(--frame),calc(-1*var(--edge)) 0 var(--frame),var(--edge) 0 var(--frame)}
img{display:block;width:100%;height:auto;background:var(--card);image-rendering:pixelated}
.about{display:grid;gap:1.25rem 2.5rem;align-content:center}
.state{color:var(--soft);font-size:.9375rem}
h1{margin-top:.25rem;font-size:clamp(1.25rem,1rem + 1.2vw,1.625rem);font-weight:650;line-height:1.3}
h1:lang(en){text-wrap:balance}
nav{display:flex;flex-wrap:wrap;gap:.875rem;padding:3px}
nav a{--edge:3px;--frame:var(--line);flex:auto;padding:.5rem .75rem;background:var(--card);color:inherit;font-size:.9375rem;text-align:center;white-space:nowrap;text-decoration:none}
nav a:first-child{--frame:var(--accent);flex:1 1 clamp(6rem,(24rem - 100%)*99,100%);background:var(--accent);color:var(--on);font-weight:600}
nav a:hover{--frame:var(--ink)}
nav a:active{transform:translateY(2px)}
a:focus-visible{outline:2px solid var(--ink);outline-offset:6px}
.facts{--edge:3px;--frame:var(--line);display:grid;grid-template-columns:repeat(auto-fill,minmax(7.25rem,1fr));gap:.875rem 1.25rem;padding:1rem 1.125rem;margin:3px;background:var(--card)}
dt{color:var(--soft);font-size:.8125rem}
dd{font-variant-numeric:tabular-nums}
.whole{grid-column:1/-1}
code{font:clamp(.75rem,3.3vw,.8125rem)/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;user-select:all;-webkit-user-select:all}
footer{padding:0 1.5rem 1.25rem;color:var(--soft);font-size:.8125rem;text-align:center}
@media (min-width:60rem){
.across{--tall:62vh;--tall:62svh}
.upright{--tall:calc(100vh - 10rem);--tall:calc(100svh - 10rem);--wide:min(100vw - 30rem,max(4rem,var(--tall)*var(--ratio)));grid-template-columns:var(--wide) 22rem;gap:3.5rem}
.upright .about{position:sticky;top:2.5rem;align-self:start;min-height:min(100%,100vh - 10rem)}
.across .about{grid-template:auto 1fr/minmax(0,1fr) minmax(0,1fr);align-items:start}
.across .facts{grid-area:1/2/span 2}
}
`
const STYLE_HASH = hashOf(STYLE)

/**
 * The page of a task: its picture and its facts, in the language of the prompt. Its links are relative, so that it
 * works under every host name. Only the metadata for other sites has absolute URLs, which begin with `base`.
 */
export function taskPage(base: string, task: Task): Reply {
  const { label } = task.recipe
  const language = languageOf(label)
  const words = language === 'zh' ? CHINESE : ENGLISH
  const colours = coloursOf(task.recipe)
  const own = styleOf(task.recipe, colours)
  const page = { ...task, base, words, colours, title: escapeHtml(label.trim() === '' ? words.untitled : label) }
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      // No frame-ancestors: a chat may show the page in a frame, and clickjacking can do no harm here.
      'content-security-policy': `default-src 'none'; img-src 'self'; style-src '${hashOf(own)}' '${STYLE_HASH}'; base-uri 'none'; form-action 'none'`,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    },
    body: `<!doctype html>
<html lang="${language}">
<head>
${headOf(page)}
<style>${own}</style>
<style>${STYLE}</style>
</head>
<body>
${bodyOf(page)}
</body>
</html>
`,
  }
}

interface Page extends Task {
  readonly base: string
  /** Escaped. */
  readonly title: string
  readonly words: Words
  readonly colours: Colours
}

function headOf({ base, id, recipe, title, words, colours: { light, dark } }: Page): string {
  const { width, height, format } = recipe
  const model = escapeHtml(recipe.model)
  const links = toLinks(base, recipe)
  return `<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="${light.ground}" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="${dark.ground}" media="(prefers-color-scheme: dark)">
<title>${title} · ${model}</title>
<link rel="icon" type="${MEDIA_TYPES[format]}" href="${ownLinks(recipe).picture}">
<meta property="og:type" content="website">
<meta property="og:site_name" content="chat-image-mock">
<meta property="og:locale" content="${words.locale}">
<meta property="og:title" content="${title}">
<meta property="og:description" content="${model} · ${width} × ${height} · ${format.toUpperCase()}">
<meta property="og:url" content="${escapeHtml(links.page(id))}">
<meta property="og:image" content="${escapeHtml(links.picture)}">
<meta property="og:image:type" content="${MEDIA_TYPES[format]}">
<meta property="og:image:width" content="${width}">
<meta property="og:image:height" content="${height}">
<meta property="og:image:alt" content="${title}">
<meta name="twitter:card" content="summary_large_image">`
}

function bodyOf({ id, recipe, title, words }: Page): string {
  const { width, height, format, references, index, count } = recipe
  const { picture, download, source } = ownLinks(recipe)
  const isFailed = recipe.fault === 'missing'
  const art = `<a class="art" href="${picture}"><img src="${picture}" width="${width}" height="${height}" alt="${title}"></a>`
  return `<main class="${width / height > MAX_UPRIGHT ? 'across' : 'upright'}">
${isFailed ? '' : art}
<div class="about">
<header>
<p class="state">${isFailed ? words.failed : words.done}</p>
<h1 dir="auto">${title}</h1>
</header>
<nav>
${isFailed ? '' : `<a href="${download}" download>${words.download}</a>\n<a href="${picture}">${words.picture}</a>`}
<a href="${source(id)}">${words.source}</a>
</nav>
<dl class="facts">
<div class="whole"><dt>${words.model}</dt><dd><bdi>${escapeHtml(recipe.model)}</bdi></dd></div>
<div><dt>${words.size}</dt><dd>${width} × ${height}</dd></div>
<div><dt>${words.format}</dt><dd>${format.toUpperCase()}</dd></div>
<div><dt>${words.number}</dt><dd>${words.numberOf(index, count)}</dd></div>${references.length === 0 ? '' : `\n<div><dt>${words.references}</dt><dd>${references.length}</dd></div>`}
<div class="whole"><dt>${words.task}</dt><dd><code>${escapeHtml(id)}</code></dd></div>
</dl>
</div>
</main>
<footer>${words.foot}</footer>`
}

/** Up to this ratio, a picture is shown beside its facts if there is room. A wider one is shown above them. */
const MAX_UPRIGHT = 1.6

// Relative to the page, whose path is `/web/TASK/NAME`.
function ownLinks(recipe: Recipe): Links {
  return toLinks('../..', recipe)
}

const WHITE = 0xffffff

// The page has the colours of the picture: its dark ones in dark mode, white with a tint of its accent in light mode.
function coloursOf(recipe: Recipe) {
  const { panel, accent, sky, body } = paletteOf(recipe)
  const light = {
    ground: css(mix(accent, WHITE, 0.88)),
    card: css(mix(accent, WHITE, 0.96)),
    line: css(mix(accent, WHITE, 0.55)),
    frame: css(sky[0]),
    ink: css(panel),
    soft: css(mix(panel, WHITE, 0.36)),
  }
  const dark = {
    ground: css(panel),
    card: css(sky[0]),
    line: css(sky[1]),
    frame: css(sky[1]),
    ink: css(body[3]),
    soft: css(mix(body[3], panel, 0.36)),
  }
  return { light, dark }
}
type Colours = ReturnType<typeof coloursOf>

function styleOf(recipe: Recipe, { light, dark }: Colours): string {
  const { panel, accent, body } = paletteOf(recipe)
  const variables = (colours: Colours['light']): string =>
    Object.entries(colours)
      .map(([name, value]) => `--${name}:${value}`)
      .join(';')
  const strip = body.slice(0, 3).map((colour, i) => `${css(colour)} ${i * 24}px ${(i + 1) * 24}px`)
  const ratio = (recipe.width / recipe.height).toFixed(4)
  return `:root{color-scheme:light dark;--ratio:${ratio};--accent:${css(accent)};--on:${css(panel)};--strip:repeating-linear-gradient(90deg,${strip.join()});${variables(light)}}@media (prefers-color-scheme:dark){:root{${variables(dark)}}}`
}

function paletteOf({ palette }: Recipe): (typeof palettes)[number] {
  const found = palettes[palette]
  if (found === undefined) throw new RangeError(`no palette ${palette}`)
  return found
}

function css(colour: Colour): string {
  return `#${colour.toString(16).padStart(6, '0')}`
}

function hashOf(style: string): string {
  return `sha256-${hash('sha256', style, 'base64')}`
}
