// Makes the README's pictures in docs/images/: a browser shows what the built mock returns.
// Run by hand after an answer or a picture has changed: npm run build && node tools/pictures.js [FOLDER]
// It needs Chromium at /usr/bin/chromium, or at the path in the environment variable CHROMIUM, and these fonts:
// apt-get install fonts-inter fonts-jetbrains-mono fonts-noto-color-emoji. Other fonts change how the text looks.
import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from '@playwright/test'
import sharp from 'sharp'
import { startMock } from '../dist/index.js'

// The address that the pictures show. The browser connects to the mock's real port instead.
const ADDRESS = '127.0.0.1:4010'

// Each page: the size of its window, how many pixels a CSS pixel has, and how many colours look right.
const PAGES = {
  chat: {
    size: { width: 920, height: 840 },
    scale: 2,
    colours: 160,
    query: { model: 'gpt-4o-image', prompt: 'a red fox in the snow, 3:2' },
  },
  models: {
    size: { width: 1000, height: 622 },
    scale: 1.8,
    colours: 128,
    query: {
      prompt: 'a fox in a blue coat',
      models: 'gpt-4o-image,flux,nano-banana,dall-e-3,recraftv3,qwen-image,doubao-seedream-4-0-250828,sora_image',
    },
  },
  page: {
    size: { width: 1280, height: 800 },
    scale: 1.5,
    colours: 200,
  },
}

// What the journal in the picture of the mock's page shows, the oldest first.
const REQUESTS = [
  { model: 'dall-e-3', prompt: 'a lighthouse at night', session: 'gallery' },
  { model: 'flux', prompt: 'a red fox', session: 'retries', scenario: 'limit-rate-after' },
  { model: 'flux', prompt: 'a red fox', session: 'retries', stream: true },
  { model: 'recraftv3', prompt: 'a paper crane', session: 'forms', n: 'two' },
  { model: 'qwen-image', prompt: '一只橘猫在看书', session: 'chinese', stream: true },
  { model: 'gpt-4o-image', prompt: 'a red fox in the snow, 3:2', session: 'chat', stream: true },
  { model: 'nano-banana', prompt: 'a whale above the clouds', session: 'gallery', stream: true },
]

/**
 * Writes the four PNG files into a folder. Returns for each its path, the text of the page, the widths of the pictures
 * on the page, and whether the page was too large for its window.
 */
export async function makePictures(folder) {
  mkdirSync(folder, { recursive: true })
  const mock = await startMock({ publicUrl: `http://${ADDRESS}` })
  const browser = await openBrowser(new URL(mock.url).port).catch(async (error) => {
    await mock.close()
    throw error
  })
  try {
    const made = []
    for (const name of Object.keys(PAGES))
      for (const colorScheme of ['light', 'dark']) {
        if (name === 'page') await fillJournal(mock)
        made.push(await makePicture(browser, { folder, name, colorScheme }))
      }
    return made
  } finally {
    await browser.close()
    await mock.close()
  }
}

function openBrowser(port) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--force-color-profile=srgb',
      '--font-render-hinting=none',
      `--host-resolver-rules=MAP ${ADDRESS} 127.0.0.1:${port}`,
    ],
  })
}

async function fillJournal(mock) {
  await mock.reset()
  for (const request of REQUESTS) await send(mock, request)
}

async function send({ baseURL }, { prompt, session, scenario, ...body }) {
  const response = await fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-mock-session': session,
      ...(scenario && { 'x-mock-scenario': scenario }),
    },
    body: JSON.stringify({ ...body, messages: [{ role: 'user', content: prompt }] }),
  })
  await response.text()
}

// A page of this folder sends the request and shows the answer.
async function showAnswer(page, name, query) {
  const url = new URL(`pictures/${name}.html`, import.meta.url)
  url.search = new URLSearchParams({ base: `http://${ADDRESS}/v1`, ...query }).toString()
  await page.goto(url.href)
  await page.waitForSelector('[data-state=done]')
}

// The mock's own page shows its journal and the newest exchange.
async function showJournal(page) {
  await page.goto(`http://${ADDRESS}/#/journal/latest`)
  await page
    .locator('.exchanges li')
    .nth(REQUESTS.length - 1)
    .waitFor()
  await page.waitForFunction(() =>
    [...document.images].every((image) => image.complete || image.getBoundingClientRect().top > innerHeight),
  )
}

async function makePicture(browser, { folder, name, colorScheme }) {
  const { size, scale, colours, query } = PAGES[name]
  const page = await browser.newPage({ viewport: size, deviceScaleFactor: scale, colorScheme })
  await (query === undefined ? showJournal(page) : showAnswer(page, name, query))
  const file = join(folder, `${name}-${colorScheme}.png`)
  await sharp(await page.screenshot({ omitBackground: true }))
    .png({ palette: true, colours, dither: 0, effort: 10, compressionLevel: 9 })
    .toFile(file)
  const shown = await page.evaluate(() => ({
    text: document.body.innerText,
    widths: [...document.images].map((image) => image.naturalWidth),
    isCut: [...document.querySelectorAll('.log, html')].some((each) => each.scrollHeight > each.clientHeight),
  }))
  if (query === undefined) shown.isCut = false // a journal may be longer than the window
  await page.close()
  return { file, ...shown }
}

if (realpathSync(process.argv[1]) === import.meta.filename) {
  const folder = process.argv[2] ?? fileURLToPath(new URL('../docs/images', import.meta.url))
  for (const { file, isCut } of await makePictures(folder)) {
    console.log(
      isCut ? `${file}: the page does not fit. Install the fonts, or change its size in tools/pictures.js.` : file,
    )
    if (isCut) process.exitCode = 1
  }
}
