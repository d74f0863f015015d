import { promisify } from 'node:util'
import { ApiError } from '../errors/api-error.ts'
import { MAX_BODY } from '../util/json.ts'
import { tooLarge } from './read-body.ts'

/**
 * The content of a compressed request body, which the gateway accepts [M]: gzip and Brotli, up to the same limit as other
 * bodies. Other encodings are not decoded, as in the gateway. Throws an ApiError.
 */
export async function decompress(bytes: Buffer, encoding: string | undefined): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? ''
  if (name !== 'gzip' && name !== 'br') return bytes
  const { brotliDecompress, gunzip } = await import('node:zlib') // most requests are not compressed
  const decode = promisify<Buffer, { maxOutputLength: number }, Buffer>(name === 'gzip' ? gunzip : brotliDecompress)
  try {
    return await decode(bytes, { maxOutputLength: MAX_BODY })
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge()
    throw new ApiError('bad_compression', { asked: name })
  }
}
