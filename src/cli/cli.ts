#!/usr/bin/env node
import { version } from '#prepared'
import { OptionError } from '../util/option-error.ts'
import { type Command, type Environment, readCommand } from './command-line.ts'
import { type Terminal, serve } from './commands/serve.ts'
import { toErrorText } from './printable.ts'

/** Runs the command that the arguments name and returns the exit code. An error is one line on stderr. */
async function main(args: readonly string[], env: Environment, terminal: Terminal): Promise<number> {
  let command: Command | undefined
  try {
    command = readCommand(args, env)
    const { name, target, options } = command
    if (name === 'serve') return await serve(command, terminal)
    if (name === 'validate') return await (await import('./commands/validate.ts')).validate(target, terminal)
    if (name === 'ready') await (await import('./commands/ready.ts')).ready(target, options)
    else if (name === 'version') terminal.stdout.write(`${version}\n`)
    else if (name === 'help') terminal.stdout.write((await import('./help.ts')).helpText())
    else await (await import('./commands/list.ts')).list(command, terminal)
    return 0
  } catch (error) {
    const named = error instanceof OptionError && command !== undefined ? error.describe(command.nameOf) : undefined
    terminal.stderr.write(`chat-image-mock: ${toErrorText(error, named)}\n`)
    return 1
  }
}

// A second signal ends the process without waiting for open streams.
function onSignal(end: () => void): void {
  let isEnding = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isEnding) process.exit(1)
      isEnding = true
      end()
    })
  }
}

// The mock keeps serving when the reader of its output closes the pipe.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

const { stdout, stderr } = process
// Node lets FORCE_COLOR override NO_COLOR.
const isColored = (process.env['NO_COLOR'] ?? '') === '' && stderr.isTTY && stderr.hasColors()
const onExit = (last: () => void): void => void process.once('exit', last)
process.exitCode = await main(process.argv.slice(2), process.env, { stdout, stderr, isColored, onSignal, onExit })
// Output that is not read does not keep the process alive.
setTimeout(() => process.exit(), 1000).unref()
