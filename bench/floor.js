// @ts-check
// The floor: a bare node:http server that reads a request, parses its JSON and gives the answer in the file that it is
// started with, each piece in one write. Nothing that speaks HTTP in Node can do the same work in less.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/** @type {import('./ask.js').Answer} */
const { status, headers, pieces, isBinary } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const parts = isBinary ? pieces.map((piece) => Buffer.from(piece, 'base64')) : pieces
const last = parts.length - 1

const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  /** @type {Buffer[]} */
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    if (chunks.length > 0) JSON.parse(Buffer.concat(chunks).toString('utf8'))
    response.writeHead(status, headers)
    for (let i = 0; i < last; i++) response.write(parts[i])
    response.end(parts[last])
  })
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`http://127.0.0.1:${address.port}\n`)
})
