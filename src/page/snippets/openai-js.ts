import { JAVASCRIPT, enclose, writeText, writeTexts, writeValue } from './literal.ts'
import { type OpenAICall, toCall } from './openai-call.ts'
import { API_KEY, type SnippetSource } from './recorded.ts'

/** A request as a JavaScript module with the package `openai`. */
export function toOpenAIJavaScript(source: SnippetSource): string {
  const call = toCall(source)
  const comments = call.differences.map((difference) => `// ${difference}\n`).join('')
  return `// npm install openai
import OpenAI from 'openai'

${comments}const client = new OpenAI(${optionsOf(call)})
${call.chat === undefined ? toRequest(call) : toChat(call.chat)}`
}

function optionsOf({ baseURL, headers }: OpenAICall): string {
  const isPlain = Object.keys(headers).length === 0
  const options = [
    `baseURL: ${writeText([baseURL], JAVASCRIPT)}`,
    `apiKey: ${writeText([API_KEY], JAVASCRIPT).slice(1, -1)}`,
    'maxRetries: 0',
    ...(isPlain ? [] : [`defaultHeaders: ${writeTexts(headers, JAVASCRIPT, '  ')}`]),
  ]
  return enclose(options, ['{', '}', ' '], { syntax: JAVASCRIPT, indent: '' })
}

function toChat(chat: NonNullable<OpenAICall['chat']>): string {
  const create = `await client.chat.completions.create(${writeValue(chat, JAVASCRIPT)})`
  return chat['stream'] === true
    ? `const stream = ${create}
for await (const chunk of stream) process.stdout.write(chunk.choices?.[0]?.delta?.content ?? '')
`
    : `const completion = ${create}
console.log(completion.choices?.[0]?.message?.content)
`
}

function toRequest({ method, path, body, isJson }: OpenAICall): string {
  const options = [
    `method: ${writeText([method.toLowerCase()], JAVASCRIPT)}`,
    `path: ${writeText(path, JAVASCRIPT)}`,
    ...(body === undefined ? [] : [`body: ${writeValue(body, JAVASCRIPT, { indent: '  ' })}`]),
    ...(isJson || body === undefined ? [] : [`headers: { 'content-type': 'text/plain' }`]),
  ]
  return `const response = await client.request(${enclose(options, ['{', '}', ' '], { syntax: JAVASCRIPT, indent: '' })}).asResponse()
console.log(await response.text())
`
}
