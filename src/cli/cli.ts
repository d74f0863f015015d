#!/usr/bin/env node
import { dirname, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { version } from '#prepared'
import type { Coverage } from '../journal/coverage.ts'
import { createLines, createLog, toStartLine } from './log.ts'
import type { Options } from './flag.ts'
import { helpText, readCommand, UsageError } from './options.ts'
import { startIn } from '../mock/create-mock.ts'

/** What the command meets of the world. */
interface World {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  /** Calls back at SIGTERM and SIGINT. */
  readonly onSignal: (end: () => void) => void
  /** Calls back when the process ends, however it does. */
  readonly onExit: (last: () => void) => void
}

/** Runs the command; the exit code, once it is done. */
async function main(world: World): Promise<number> {
  try {
    const { name, targets, options, envTypos } = readCommand(world.args, world.env)
    if (name === 'help') world.stdout.write(helpText())
    else if (name === 'version') world.stdout.write(`${version}\n`)
    else if (name === 'validate') return await validate(targets, world)
    else if (name === 'ready') await (await import('./ready.ts')).askReady(targets, options)
    else return await serve(options, envTypos, world)
    return 0
  } catch (error) {
    world.stderr.write(`chat-image-mock: ${messageOf(error)}\n`)
    return 1
  }
}

async function serve(
  options: Options,
  envTypos: readonly string[],
  { stdout, stderr, onSignal, onExit }: World,
): Promise<number> {
  const {
    grace,
    log: form = stderr.isTTY === true ? 'pretty' : 'json',
    logLevel: level,
    coverage: file,
    failOnViolation = false,
    ...rest
  } = options
  if (file !== undefined) {
    const { access, constants } = await import('node:fs/promises')
    await access(dirname(resolve(file)), constants.W_OK).catch(() => {
      throw new UsageError(`--coverage: '${dirname(resolve(file))}' is no folder that can be written to`)
    })
  }
  const ended = new Promise<void>((end) => onSignal(end)) // who reads the address may end us at once
  const lines = createLines(stderr, (count) =>
    log.tell('warn', `${count} lines of the log were left out, since nobody read it`),
  )
  const log = createLog({ form, level }, lines.add)
  onExit(lines.flush)
  const mock = await startIn(
    {
      ...rest,
      processMetrics: true,
      ...(form === 'silent' ? {} : { onExchange: log.exchange }),
      onFault: (error) => log.tell('error', tellFault(error)),
    },
    true,
  )
  for (const slip of envTypos) log.tell('warn', slip)
  const start = toStartLine(rest)
  if (start !== undefined) log.tell('info', start)
  stdout.write(`${mock.url}\n`)
  log.tell('info', 'ready', { url: mock.url, version })
  await ended
  log.tell('info', `ending: open answers have ${grace} s`, { grace })
  await mock.close(grace)
  log.tell('info', 'ended')
  if (file === undefined && !failOnViolation) return 0
  const coverage = await mock.total()
  if (file !== undefined) await (await import('node:fs/promises')).writeFile(file, await toReport(coverage, file))
  if (!failOnViolation || coverage.violations.length === 0) return 0
  log.tell(
    'error',
    [
      'requests broke the contract:',
      ...coverage.violations.map(({ code, count, hint }) =>
        `  ${code} (${count}): ${hint}`.replaceAll(/\p{Cc}/gu, '?'),
      ),
    ].join('\n'),
  )
  return 1
}

// A file that cannot be used is its user's matter, and so is a store; of everything else the place in the code is wanted.
function tellFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'StoreUnavailable') return error.message
  return error.name === 'FileError'
    ? `${error.message}\nthe files of before are used on`
    : (error.stack ?? error.message)
}

async function toReport(coverage: Coverage, file: string): Promise<string> {
  const { toJUnit, toMarkdown } = await import('../journal/coverage-report.ts')
  if (file.endsWith('.md')) return toMarkdown(coverage)
  return file.endsWith('.xml') ? toJUnit(coverage) : `${JSON.stringify(coverage, null, 2)}\n`
}

async function validate(files: readonly string[], { stdout, stderr }: World): Promise<number> {
  const [file] = files
  if (file === undefined || files.length > 1)
    throw new UsageError('validate takes one file; write: chat-image-mock validate openapi.yaml')
  const { loadContract } = await import('../openapi/contract.ts')
  try {
    const { operations } = await loadContract(file)
    stdout.write(`${file} is valid; operations: ${operations.length}\n`)
    return 0
  } catch (error) {
    stderr.write(`${messageOf(error)}\n`)
    return 1
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

// A second signal, of whichever kind, does not wait for the streams.
const onSignal = (end: () => void): void => {
  let isEnding = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isEnding) process.exit(1)
      isEnding = true
      end()
    })
  }
}

// A reader that closed the pipe is no reason to stop serving.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

const code = main({
  args: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal,
  onExit: (last) => void process.once('exit', last),
})
process.exitCode = await code
// What is still to be written to who does not read holds up no end.
setTimeout(() => process.exit(), 1000).unref()
