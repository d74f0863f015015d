import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { ApiError } from '../errors/api-error.ts'

/** Bytes up to which chunks are joined. */
const JOINED = 16_384
/** Chunks of one request after which other connections are read first. */
const PER_TURN = 2000

/**
 * A request of the mock's server. Small chunks of its body are joined as they arrive: each chunk that is held needs
 * 400 bytes, even if it has one.
 */
export class Incoming extends IncomingMessage {
  /** Why it is rejected. */
  problem: ApiError | undefined
  /** The Host header, if the URL of the request has the server's address instead. */
  strangeHost: { readonly host: string | undefined } | undefined
  /** Whether the app has received it. */
  isBegun = false
  #first: Buffer | undefined
  #joined: Buffer | undefined
  #size = 0
  #chunks = 0

  /** Called by Node for each chunk, and with null at the end. */
  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    if (chunk === null) {
      this.#flush()
      return super.push(null)
    }
    if (++this.#chunks % PER_TURN === 0) setImmediate(stopReading(this.socket))
    if (this.#size + chunk.length > JOINED) this.#flush()
    if (chunk.length >= JOINED) return super.push(chunk, encoding)
    if (this.#size === 0) this.#first = chunk // most bodies have one chunk, which is not copied
    else {
      if (this.#joined === undefined) {
        this.#joined = Buffer.allocUnsafeSlow(JOINED)
        this.#first?.copy(this.#joined)
        this.#first = undefined
      }
      chunk.copy(this.#joined, this.#size)
    }
    this.#size += chunk.length
    return true
  }

  #flush(): void {
    const bytes = this.#joined?.subarray(0, this.#size) ?? this.#first
    this.#size = 0
    this.#first = undefined
    this.#joined = undefined
    if (bytes !== undefined) super.push(bytes)
  }
}

/** Stops reading a connection until the returned function is called. Node itself resumes it after each request. */
export function stopReading(socket: Socket): () => void {
  const pause = (): void => void socket.pause()
  pause()
  socket.on('resume', pause)
  return () => {
    socket.off('resume', pause)
    socket.resume()
  }
}
