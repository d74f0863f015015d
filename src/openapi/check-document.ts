import { isObject } from '../util/json.ts'
import { FileError } from './document.ts'
import { findExcess } from './expansion.ts'
import type { LoadedDocument } from './load-document.ts'

/** Throws a FileError if a document is not OpenAPI 3.0 or 3.1, or if its schemas multiply. */
export function checkDocument({ file, document, placeOf }: LoadedDocument): void {
  const version = document['swagger'] === undefined ? 'openapi' : 'swagger'
  const { openapi, paths } = document
  if (version === 'swagger' || typeof openapi !== 'string' || !/^3\.[01]\./.test(openapi)) {
    throw new FileError([
      `${placeOf([version])} ${version}: ${JSON.stringify(document[version])} is not supported; use OpenAPI 3.0 or 3.1`,
    ])
  }
  if (!isObject(paths)) {
    const message = paths === undefined ? "it has no key 'paths'" : 'paths must be an object'
    const place = paths === undefined ? file : placeOf(['paths'])
    throw new FileError([`${place} the document: ${message}; see the OpenAPI ${openapi} specification`])
  }
  const excess = findExcess(document)
  if (excess !== undefined) throw new FileError([`${placeOf(excess.path)} ${excess.message}`])
}
