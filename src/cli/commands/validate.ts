import { loadContract } from '../../openapi/contract.ts'
import { toErrorText } from '../printable.ts'
import type { Terminal } from './serve.ts'

/** Checks an OpenAPI file as `--spec` does. It prints the problems with their lines, and returns the exit code. */
export async function validate(file: string | undefined, { stdout, stderr }: Terminal): Promise<number> {
  if (file === undefined) throw new Error('validate: the file is missing. Usage: chat-image-mock validate FILE')
  try {
    const { operations } = await loadContract(file)
    stdout.write(`${file} is valid; operations: ${operations.length}\n`)
    return 0
  } catch (error) {
    stderr.write(`${toErrorText(error)}\n`)
    return 1
  }
}
