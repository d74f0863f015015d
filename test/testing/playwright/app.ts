/// <reference lib="dom" />
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Page } from '@playwright/test'

/** Opens an app that requests a picture from a provider, logs the stream while it reads it, and shows the picture. */
export async function openApp(page: Page, baseURL: string): Promise<void> {
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end(appOf(baseURL)),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  page.once('close', () => server.close())
  const address = server.address()
  await page.goto(`http://localhost:${typeof address === 'object' ? address?.port : ''}/`)
}

/** Opens the app at a URL on the internet. */
export async function openAppAt(page: Page, url: string, baseURL: string): Promise<void> {
  await page.route(url, async (route) => route.fulfill({ contentType: 'text/html', body: appOf(baseURL) }))
  await page.goto(url)
}

/** Enters a prompt and clicks the button of the app. */
export async function draw(page: Page, prompt: string): Promise<void> {
  await page.getByLabel('prompt').fill(prompt)
  await page.getByRole('button').click()
}

/** Waits until the picture is loaded. Returns its URL and its width in pixels. */
export async function pictureOf(page: Page): Promise<{ readonly src: string; readonly width: number }> {
  return page.getByAltText('drawn').evaluate(async (image: HTMLImageElement) => {
    if (!image.complete || image.naturalWidth === 0)
      await new Promise((resolve) => image.addEventListener('load', resolve, { once: true }))
    return { src: image.src, width: image.naturalWidth }
  })
}

function appOf(baseURL: string): string {
  return `<!doctype html><title>app</title><link rel="icon" href="data:,">
<form><input aria-label="prompt"><button>draw</button></form><p></p><pre role="log"></pre><img alt="drawn">
<script type="module">
  const [status, log, picture] = ['p', 'pre', 'img'].map((name) => document.querySelector(name))
  document.querySelector('form').addEventListener('submit', async (event) => {
    event.preventDefault()
    status.textContent = 'waiting'
    log.textContent = ''
    try {
      const response = await fetch('${baseURL}/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer any', 'x-stainless-lang': 'js' },
        body: JSON.stringify({ model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content: document.querySelector('input').value }] }),
      })
      const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) log.append(piece.value)
      const [, url] = /!\\[.*?\\]\\((.*?)\\)/.exec(log.textContent) ?? []
      if (url !== undefined) picture.src = url
      status.textContent = 'status ' + response.status
    } catch (error) {
      status.textContent = String(error)
    }
  })
</script>`
}
