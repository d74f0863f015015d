import { loadContract } from '../../openapi/contract.ts'
import type { Terminal } from './serve.ts'

/** Checks an OpenAPI file as `--spec` would. It writes what is wrong, with the lines, and returns the exit code. */
export async function validate(files: readonly string[], { stdout, stderr }: Terminal): Promise<number> {
  const [file] = files
  if (file === undefined || files.length > 1)
    throw new Error('validate takes one file; write: chat-image-mock validate openapi.yaml')
  try {
    const { operations } = await loadContract(file)
    stdout.write(`${file} is valid; operations: ${operations.length}\n`)
    return 0
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}
