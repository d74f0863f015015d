import type { JsonObject, JsonValue } from '../../util/json-value.ts'
import { PYTHON, enclose, writeText, writeTexts, writeValue } from './literal.ts'
import { type OpenAICall, toCall } from './openai-call.ts'
import { API_KEY, type SnippetSource } from './recorded.ts'

/** A request as a Python program with the package `openai`. */
export function toOpenAIPython(source: SnippetSource): string {
  const call = toCall(source)
  const comments = call.differences.map((difference) => `# ${difference}\n`).join('')
  const request = call.chat === undefined ? toRequest(call) : toChat(call.chat)
  return `# pip install openai
import os

from openai import OpenAI

${comments}client = OpenAI${enclose(optionsOf(call), PARENTHESES, { syntax: PYTHON, indent: '' })}
${request}`
}

const PARENTHESES = ['(', ')', ''] as const

function optionsOf({ baseURL, headers }: OpenAICall): string[] {
  const isPlain = Object.keys(headers).length === 0
  return [
    `base_url=${writeText([baseURL], PYTHON)}`,
    `api_key=${writeText([API_KEY], PYTHON)}`,
    'max_retries=0',
    ...(isPlain ? [] : [`default_headers=${writeTexts(headers, PYTHON, PYTHON.indent)}`]),
  ]
}

// The arguments of `create` that the mock's contract names too. It takes all others as `extra_body`.
const ARGUMENTS = new Set(
  'model messages stream stream_options n seed user temperature top_p max_tokens max_completion_tokens stop presence_penalty frequency_penalty logit_bias logprobs top_logprobs tools tool_choice response_format'.split(
    ' ',
  ),
)

function toChat(chat: JsonObject): string {
  const known = Object.entries(chat).filter(([name]) => ARGUMENTS.has(name))
  const others = Object.entries(chat).filter(([name]) => !ARGUMENTS.has(name))
  const given = [
    ...known.map(([name, value]) => toArgument(name, value)),
    ...(others.length === 0 ? [] : [toArgument('extra_body', Object.fromEntries(others))]),
  ]
  const create = `client.chat.completions.create${enclose(given, PARENTHESES, { syntax: PYTHON, indent: '' })}`
  return chat['stream'] === true
    ? `for chunk in ${create}:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
`
    : `completion = ${create}
print(completion.choices[0].message.content if completion.choices else completion)
`
}

function toArgument(name: string, value: JsonValue): string {
  return `${name}=${writeValue(value, PYTHON, { name, indent: PYTHON.indent })}`
}

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])

function toRequest({ method, path, body, isJson }: OpenAICall): string {
  if (!METHODS.has(method)) return `# The client cannot send a ${method} request. Use curl.\n`
  const given = [
    writeText(path, PYTHON),
    'cast_to=object',
    ...(body === undefined
      ? []
      : [`${isJson ? 'body' : 'content'}=${writeValue(body, PYTHON, { indent: PYTHON.indent })}`]),
  ]
  return `response = client.${method.toLowerCase()}${enclose(given, PARENTHESES, { syntax: PYTHON, indent: '' })}
print(response)
`
}
