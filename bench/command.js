// @ts-check
// Common code of the commands `npm run bench` and `npm run soak`.
import { cpus } from 'node:os'

/**
 * Runs a command. With --help prints the help. With an invalid flag prints an error and sets exit code 2.
 * @template {{ help: boolean }} Flags
 * @param {string} help
 * @param {() => Flags} readFlags throws if a flag is invalid
 * @param {(flags: Flags) => Promise<void>} main
 */
export async function runCommand(help, readFlags, main) {
  let flags
  try {
    flags = readFlags()
  } catch (error) {
    process.stderr.write(`${/** @type {Error} */ (error).message}; --help lists the flags\n`)
    process.exitCode = 2
    return
  }
  if (flags.help) process.stdout.write(help)
  else await main(flags)
}

/**
 * Reads a whole number from a flag.
 * @param {string} flag
 * @param {string} text
 * @param {{ least: number, most: number }} range
 */
export function toWholeNumber(flag, text, { least, most }) {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : -1
  if (number < least || number > most)
    throw new RangeError(`${flag}: ${JSON.stringify(text)} is not a whole number from ${least} to ${most}`)
  return number
}

/** The CPUs of this machine, and today's date. */
export function describeRun() {
  const all = cpus()
  return { machine: `${all.length} x ${all[0]?.model.trim()}`, date: new Date().toISOString().slice(0, 10) }
}
