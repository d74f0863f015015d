import type { Size } from '../recipe.ts'

const IMAGE_DESCRIPTION = 0x010e
const ASCII = 2
const HAS_EXIF = 8

/**
 * Adds an EXIF description, in ASCII, to a WebP without metadata. The description is not XMP, because ImageMagick 6
 * reports any XMP of a WebP as corrupt. libvips writes EXIF with the header of a JPEG, which exiftool reports.
 * Source: WebP Container Specification, "Extended File Format".
 */
export function withExif(webp: Buffer, { width, height }: Size, description: string): Buffer {
  const features = Buffer.alloc(10)
  features[0] = HAS_EXIF
  features.writeUIntLE(width - 1, 4, 3)
  features.writeUIntLE(height - 1, 7, 3)
  const picture = webp.subarray(12) // the chunk after RIFF, its size and WEBP
  const chunks = [Buffer.from('WEBP'), chunk('VP8X', features), picture, chunk('EXIF', toExif(description))]
  return chunk('RIFF', Buffer.concat(chunks))
}

function chunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8, type, 'latin1')
  head.writeUInt32LE(data.length, 4)
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)])
}

// A TIFF file with one directory of one field.
function toExif(description: string): Buffer {
  const text = Buffer.from(`${description}\0`, 'latin1')
  const head = Buffer.alloc(26)
  head.write('II*\0', 'latin1') // the lowest byte of a number is first
  head.writeUInt32LE(8, 4) // where the directory begins
  head.writeUInt16LE(1, 8)
  head.writeUInt16LE(IMAGE_DESCRIPTION, 10)
  head.writeUInt16LE(ASCII, 12)
  head.writeUInt32LE(text.length, 14)
  head.writeUInt32LE(head.length, 18) // where the text begins
  return Buffer.concat([head, text])
}
