import { validateContract } from '../../openapi/contract.ts'
import { toErrorText } from '../printable.ts'
import type { Terminal } from './serve.ts'

/**
 * Checks an OpenAPI file as `--spec` does, and prints a warning for each part of it that the mock ignores. The exit code
 * is 1 only if the file cannot be used.
 */
export async function validate(file: string | undefined, { stdout, stderr }: Terminal): Promise<number> {
  if (file === undefined) throw new Error('validate: the file is missing. Usage: chat-image-mock validate FILE')
  try {
    const { contract, warnings } = await validateContract(file)
    for (const warning of warnings) stderr.write(`warning: ${toErrorText(new Error(warning))}\n`)
    const count = warnings.length === 0 ? '' : `; warnings: ${warnings.length}`
    stdout.write(`${file} is valid; operations: ${contract.operations.length}${count}\n`)
    return 0
  } catch (error) {
    stderr.write(`${toErrorText(error)}\n`)
    return 1
  }
}
