import { GROUPS } from '../mock/option-checks.ts'
import { commandOptions, COMMANDS } from './command-line.ts'

const WIDTH = 100 // characters of a line at most
const LEFT = 29 // where descriptions begin

const EXAMPLES = [
  ['chat-image-mock', 'start the mock on http://127.0.0.1:4010'],
  ['chat-image-mock --pace real', 'respond as slowly as the real models'],
  ['chat-image-mock --scenario retry-503', 'return 503 twice, then a normal response, repeatedly'],
  ['chat-image-mock --fault-rate 0.1 --fault limit-rate --fault stream-cut', 'let one request in ten fail'],
  ['chat-image-mock scenarios stream', 'list the scenarios for streams'],
  ['chat-image-mock models --json', 'list the models as JSON'],
  ['PORT=4020 MOCK_LOG=json chat-image-mock', 'configure the mock with environment variables'],
] as const

/** The text of `--help`. */
export function helpText(): string {
  const commands = Object.entries(COMMANDS).map(([name, { argument, help }]) => toRow(`${name} ${argument}`, [help]))
  const groups = GROUPS.map((group) => {
    const rows = commandOptions
      .filter((row) => row.flag.group === group)
      .map(({ flag: { name, value, env, defaultsTo }, help }) =>
        toRow(`--${name} ${value}`, [help, `[${env}, default: ${defaultsTo}]`]),
      )
    return `${group}\n${rows.join('')}`
  })
  const others = [
    toRow('--json', ['for the commands models and scenarios: print JSON']),
    toRow('--help, -h', ['print this text']),
    toRow('--version, -v', ['print the version']),
  ]
  return `A local mock server for image models that are used through OpenAI-compatible chat completions.

Usage: chat-image-mock [COMMAND] [OPTIONS]

Commands
${commands.join('')}
${groups.join('\n')}
Other
${others.join('')}
The brackets contain the environment variable and the default. A flag overrides the variable.
In the variable of an option that can be repeated, separate the values with commas.
The mock prints its URL on stdout; the log is on stderr.

Examples
${EXAMPLES.map(([command, help]) => `  ${command}\n      ${help}\n`).join('')}`
}

// What is on the left, and on the right the words of a text, with a part of its own that is not broken.
function toRow(left: string, [text, part]: readonly [text: string, part?: string]): string {
  const words = [...text.split(' '), ...(part === undefined ? [] : [part])]
  const lines = ['']
  for (const word of words) {
    const line = `${lines.at(-1)} ${word}`.trimStart()
    if (line.length <= WIDTH - LEFT) lines[lines.length - 1] = line
    else lines.push(word)
  }
  return lines.map((line, i) => `${(i === 0 ? `  ${left}` : '').padEnd(LEFT)}${line}\n`).join('')
}
