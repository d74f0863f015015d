import type { PictureFault } from '../../images/recipe.ts'
import { ApiError } from '../../errors/api-error.ts'
import type { Reply } from '../../util/reply.ts'

const SLOW = 10_000 // delay of a slow picture, in milliseconds

// The body of a signed link that has expired.
const EXPIRED =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>\n'
const PAGE =
  '<!doctype html>\n<html lang="en"><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1></body></html>\n'

/** The response for a picture with a fault, made from the normal one. Throws an ApiError for a missing picture. */
export const withFault: Readonly<Record<PictureFault, (normal: () => Promise<Reply>) => Promise<Reply>>> = {
  missing: async () => {
    throw new ApiError('unknown_picture')
  },
  expired: async () => ({ status: 403, headers: withType('application/xml'), body: EXPIRED }),
  slow: async (normal) => ({ ...(await normal()), wait: SLOW }),
  cut: async (normal) => breakOff(await normal()),
  type: async (normal) => {
    const reply = await normal()
    return { ...reply, headers: { ...reply.headers, ...withType('text/plain') } }
  },
  page: async () => ({ status: 200, headers: withType('text/html'), body: PAGE }),
}

function withType(type: string): Readonly<Record<string, string>> {
  return { 'content-type': type, 'x-content-type-options': 'nosniff' }
}

// Content-Length is that of the whole picture, but the connection is reset after the first half.
function breakOff(reply: Reply): Reply {
  const { body } = reply
  if (!(body instanceof Uint8Array)) return reply
  const half = { wait: 0, data: body.subarray(0, Math.ceil(body.length / 2)), isAlone: true } as const
  return {
    ...reply,
    headers: { ...reply.headers, 'content-length': String(body.length) },
    body: [half, { wait: 0, data: '', isReset: true }],
  }
}
