#!/usr/bin/env node
import { version } from '#prepared'
import { type Environment, helpText, readCommand } from './command-line.ts'
import { type Terminal, serve } from './commands/serve.ts'

/** Runs the command that the arguments name and returns the exit code. An error is one line on stderr. */
async function main(args: readonly string[], env: Environment, terminal: Terminal): Promise<number> {
  try {
    const { name, targets, options, envTypos } = readCommand(args, env)
    if (name === 'serve') return await serve(options, envTypos, terminal)
    if (name === 'validate') return await (await import('./commands/validate.ts')).validate(targets, terminal)
    if (name === 'ready') await (await import('./commands/ready.ts')).ready(targets, options)
    else terminal.stdout.write(name === 'help' ? helpText() : `${version}\n`)
    return 0
  } catch (error) {
    terminal.stderr.write(`chat-image-mock: ${error instanceof Error ? error.message : String(error)}\n`)
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
const onExit = (last: () => void): void => void process.once('exit', last)
process.exitCode = await main(process.argv.slice(2), process.env, { stdout, stderr, onSignal, onExit })
// Output that nobody reads does not keep the process alive.
setTimeout(() => process.exit(), 1000).unref()
