import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { read, root } from './page.ts'

/** Phrases that a reader has to read twice, and what to write instead. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\b(?:is|are|was|were|be|been) told\b/i, 'is reported, is sent'],
  [/\basked for\b/i, 'requested'],
  [/\bstands? in\b|\bas it stands\b|\bstands alone\b/i, 'is in, as it is'],
  [/\bof (?:one's|your) own\b/i, 'custom, your own, its own'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fix'],
  [/\bgoes before\b/i, 'overrides'],
  [/\blaid over\b/i, 'extends and overrides'],
  [/\banew\b/i, 'again'],
  [/\bthinks? of nothing\b/i, 'no model runs'],
  [/\bill will\b/i, 'attack, malicious'],
  [/\bbelongs into\b/i, 'put it into'],
  [/\bsays? so\b|\bsays otherwise\b/i, 'reports it, sets another value'],
  [/\bnot a word\b|\ball is right\b|\bwhat is right\b/i, 'without, a normal response'],
  [/\btold in words\b/i, 'as text'],
  [/面对恶意时|用文字告知的失败|各有各的记忆|一起记忆|从外部观察|最先被遗忘/, '见 docs/zh-CN 的术语'],
]

/** What the gateway, the assistant and others have written, and this list. */
const FOREIGN =
  /^(?:fixtures\/scenarios\/answer-prose\.yaml|src\/chat\/styles\/picture-answers\.ts|test\/chat\/reference\.test\.ts|fixtures\/provider\/|test\/golden\/|test\/docs\/words\.test\.ts|package-lock\.json|LICENSE|fixtures\/\w+\.LICENSE|test\/images\/)/

test('no text has a phrase that must be read twice', () => {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((name) => /\.(?:md|ts|js|ya?ml|json|sh)$|Dockerfile|\.ci\/run/.test(name) && !FOREIGN.test(name))
  expect(files.length).toBeGreaterThan(200)
  const found = files.flatMap((name) =>
    read(name)
      .split('\n')
      .flatMap((line, i) =>
        PHRASES.flatMap(([phrase, better]) => {
          const [words] = phrase.exec(line) ?? []
          return words === undefined ? [] : [`${name}:${i + 1}: '${words}': write '${better}'`]
        }),
      ),
  )
  expect(found).toEqual([])
})
