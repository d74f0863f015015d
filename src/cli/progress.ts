import type { Writable } from 'node:stream'

/** Milliseconds after which a task is announced. */
const PATIENCE = 1000

/** Runs a task. On a terminal it prints a line if the task takes more than a second. */
export async function withProgress<T>(
  stderr: Writable & { readonly isTTY?: boolean },
  line: string,
  task: () => Promise<T>,
): Promise<T> {
  const timer = stderr.isTTY === true ? setTimeout(() => stderr.write(`${line}\n`), PATIENCE) : undefined
  try {
    return await task()
  } finally {
    clearTimeout(timer)
  }
}
