import { inflateSync } from 'node:zlib'
import { type Recipe, decodeRecipe, NAME } from '../recipe.ts'

const OPEN = 'chat-image-mock:'
const MARK = new RegExp(`${OPEN}(${NAME});`)
const MAX_XMP = 65_536
const MAX_CHUNKS = 100
/** More bytes than a name has with what is around it. */
const MAX_MARK = 4096

/** The XMP of a picture. It contains the picture's name, which identifies the picture. */
export function toXmp(name: string): string {
  return (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    `<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" rdf:about="" dc:identifier="${OPEN}${name};"/></rdf:RDF></x:xmpmeta>`
  )
}

/** The XMP of a JPEG: the same, in the packet that the XMP specification requires there. */
export function toXmpPacket(name: string): string {
  return `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>${toXmp(name)}<?xpacket end="r"?>`
}

/** The description of a picture, for EXIF: the picture's name. */
export function toDescription(name: string): string {
  return `${OPEN}${name};`
}

/** The Recipe in a picture's bytes. Undefined for other pictures. No pixels are decoded. */
export function readRecipe(bytes: Uint8Array): Recipe | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const packet = buffer.toString('latin1', 1, 4) === 'PNG' ? inChunk(buffer) : asWritten(buffer)
  const name = MARK.exec(packet)?.[1]
  return name === undefined ? undefined : decodeRecipe(name)?.recipe
}

// JPEG and WebP have the name uncompressed.
function asWritten(buffer: Buffer): string {
  const at = buffer.indexOf(OPEN)
  return at < 0 ? '' : buffer.toString('latin1', at, at + MAX_MARK)
}

// PNG has it in a text chunk, which libvips compresses (zTXt). Only the first chunk is read: a malicious picture can
// have many chunks that inflate to a thousand times their size.
function inChunk(buffer: Buffer): string {
  for (let at = 8, chunks = 0; at + 12 <= buffer.length && chunks < MAX_CHUNKS; chunks++) {
    const length = buffer.readUInt32BE(at)
    if (buffer.toString('latin1', at + 4, at + 8) === 'zTXt') {
      const data = buffer.subarray(at + 8, at + 8 + length)
      try {
        return inflateSync(data.subarray(data.indexOf(0) + 2), { maxOutputLength: MAX_XMP }).toString('latin1')
      } catch {
        return ''
      }
    }
    at += 12 + length
  }
  return ''
}
