// @ts-check
// The floor: a bare node:http server that reads a request, parses its JSON, and returns the response from the file in
// its argument, with one write per piece. No HTTP server in Node does the same work faster.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/** @type {{ headers: import('node:http').OutgoingHttpHeaders, pieces: string[] }} the pieces in base64 */
const { headers, pieces } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const isText = /json|event-stream/.test(String(headers['content-type']))
const parts = pieces.map((piece) => Buffer.from(piece, 'base64')).map((bytes) => (isText ? bytes.toString() : bytes))
const last = parts.length - 1

const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  /** @type {Buffer[]} */
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    if (chunks.length > 0) JSON.parse(Buffer.concat(chunks).toString('utf8'))
    response.writeHead(200, headers)
    for (let i = 0; i < last; i++) response.write(parts[i])
    response.end(parts[last])
  })
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`http://127.0.0.1:${address.port}\n`)
})
