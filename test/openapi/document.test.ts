import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadContract, validateContract } from '../../src/openapi/contract.ts'
import { FileError } from '../../src/openapi/document.ts'

/** Creates the files of a contract. DIR is the contract's folder; outside.yaml is in its parent. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  use: (file: string, dir: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const parent = await mkdtemp(join(tmpdir(), 'contract-'))
  const dir = join(parent, 'spec')
  try {
    await mkdir(dir)
    await writeFile(join(parent, 'outside.yaml'), 'Secret: { type: string, description: a secret }\n{')
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text.replaceAll('DIR', dir))
    const lines = await use(join(dir, 'openapi.yaml'), dir)
    expect(lines.join('\n')).not.toContain('secret')
    return lines.map((line) => line.replaceAll(dir, 'DIR'))
  } finally {
    await rm(parent, { recursive: true })
  }
}

/** The errors because of which a contract cannot be used. */
async function errorsOf(
  files: Readonly<Record<string, string>>,
  prepare: (dir: string) => Promise<void> = async () => {},
): Promise<readonly string[]> {
  return withFiles(files, async (file, dir) => {
    await prepare(dir)
    const error: unknown = await loadContract(file).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (error === undefined) return []
    if (!(error instanceof FileError)) throw error
    expect(error.message).toBe(error.faults.join('\n'))
    return error.faults
  })
}

/** The parts of a contract that are ignored. */
async function warningsOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return withFiles(files, async (file) => (await validateContract(file)).warnings)
}

const withSchema = (schema: string, version = '3.0.3'): string => `openapi: ${version}
info: { title: One, version: '1' }
paths:
  /one:
    get:
      parameters:
        - name: q
          in: query
          schema: ${schema}
      responses: { '200': { description: One } }
`

test('loads a valid contract', async () => {
  expect(await errorsOf({ 'openapi.yaml': withSchema('{ type: string }') })).toEqual([])
})

test.each<[string, string, (string | RegExp)[]]>([
  [
    'is broken YAML',
    'openapi: 3.0.3\ninfo: {\npaths: [',
    [/^DIR\/openapi\.yaml:3 .*; close it with } or \]$/, /^DIR\/openapi\.yaml:3 .*; close it with } or \]$/],
  ],
  [
    'has a duplicate key',
    'openapi: 3.0.3\nopenapi: 3.0.3\n',
    ['DIR/openapi.yaml:2 the key is already in this mapping; remove one of the two'],
  ],
  [
    'has too many aliases',
    `openapi: 3.0.3\na: &a [x]\nb: &b [${'*a,'.repeat(20)}]\nc: &c [${'*b,'.repeat(20)}]\nd: [${'*c,'.repeat(20)}]\n`,
    [/^DIR\/openapi\.yaml: .*; use fewer YAML aliases$/],
  ],
  ['is empty', '', ['DIR/openapi.yaml is not an OpenAPI document: it is empty. Use an OpenAPI 3.0 or 3.1 file.']],
  [
    'is a list',
    '- openapi: 3.0.3',
    ["DIR/openapi.yaml is not an OpenAPI document: it has no key 'openapi'. Use an OpenAPI 3.0 or 3.1 file."],
  ],
  [
    'is text',
    'Notes: a: b\n\tc: [',
    ["DIR/openapi.yaml is not an OpenAPI document: it has no key 'openapi'. Use an OpenAPI 3.0 or 3.1 file."],
  ],
  [
    'is other JSON',
    '{ "name": "one", "keywords": ["openapi"] }',
    ["DIR/openapi.yaml is not an OpenAPI document: it has no key 'openapi'. Use an OpenAPI 3.0 or 3.1 file."],
  ],
  [
    'is of version 2.0',
    '# old\nswagger: "2.0"\ninfo: { title: One, version: "1" }\npaths: {}\n',
    ['DIR/openapi.yaml:2 swagger: "2.0" is not supported; use OpenAPI 3.0 or 3.1'],
  ],
  [
    'has no version',
    'info: {}',
    ["DIR/openapi.yaml is not an OpenAPI document: it has no key 'openapi'. Use an OpenAPI 3.0 or 3.1 file."],
  ],
  [
    'is of a later version',
    withSchema('{}', '4.0.0'),
    ['DIR/openapi.yaml:1 openapi: "4.0.0" is not supported; use OpenAPI 3.0 or 3.1'],
  ],
  [
    'has no paths',
    'openapi: 3.0.3\ninfo: { title: One, version: "1" }\n',
    ["DIR/openapi.yaml the document: it has no key 'paths'; see the OpenAPI 3.0.3 specification"],
  ],
  [
    'has paths that are not an object',
    withSchema('{}').replace(/paths:[^]*/, 'paths: [one]'),
    ['DIR/openapi.yaml:3 the document: paths must be an object; see the OpenAPI 3.0.3 specification'],
  ],
  [
    'has a $ref to a missing file',
    withSchema("{ $ref: 'none.yaml#/One' }"),
    ["DIR/openapi.yaml:9 $ref 'none.yaml#/One' points to a file that does not exist; fix the path"],
  ],
  [
    'has a $ref with broken encoding',
    withSchema("{ $ref: '%zz.yaml' }"),
    ["DIR/openapi.yaml:9 $ref '%zz.yaml' is not valid percent-encoding; write a % as %25"],
  ],
])('rejects a contract that %s', async (_, text, faults) => {
  expect(await errorsOf({ 'openapi.yaml': text })).toEqual(
    faults.map((fault) => (typeof fault === 'string' ? fault : expect.stringMatching(fault))),
  )
})

const Q = '#/paths/~1one/get/parameters/0/schema'

test.each<[string, string, string[]]>([
  [
    'a path without a slash',
    withSchema('{}').replace('/one:', 'one:'),
    ["DIR/openapi.yaml:4 #/paths/one: 'one' must begin with '/'; it is ignored"],
  ],
  [
    'a path without a slash, in 3.1',
    withSchema('{}', '3.1.0').replace('/one:', 'one:'),
    ["DIR/openapi.yaml:4 #/paths/one: 'one' must begin with '/'; it is ignored"],
  ],
  [
    'an unknown key',
    withSchema('{}', '3.1.0').replace('in: query', 'in: query\n          requird: true'),
    ["DIR/openapi.yaml:9 #/paths/~1one/get/parameters/0/requird: 'requird' is not allowed here; it is ignored"],
  ],
  [
    'no info',
    'openapi: 3.0.3\npaths: {}\n',
    ["DIR/openapi.yaml:1 #: must have required property 'info'; the mock ignores this"],
  ],
  [
    'an operation without responses',
    'openapi: 3.0.3\ninfo: { title: One, version: "1" }\npaths:\n  /a:\n    get:\n      summary: A\n',
    ["DIR/openapi.yaml:5 #/paths/~1a/get: must have required property 'responses'; the mock ignores this"],
  ],
  [
    'an invalid pattern',
    withSchema("{ type: string, pattern: '[' }"),
    [
      `DIR/openapi.yaml:9 ${Q}/pattern: Invalid regular expression: /[/u: Unterminated character class; the keyword is ignored`,
    ],
  ],
  [
    'two invalid patterns',
    withSchema("{ patternProperties: { '(': {}, a: { pattern: '^a(?=b)' } } }", '3.1.0'),
    [
      `DIR/openapi.yaml:9 ${Q}/patternProperties/(: Invalid regular expression: /(/u: Unterminated group; the keyword is ignored`,
      `DIR/openapi.yaml:9 ${Q}/patternProperties/a/pattern: the pattern "^a(?=b)" has a lookahead that does not directly follow a '^' at its beginning, which cannot be matched in linear time; the keyword is ignored`,
    ],
  ],
  [
    'a $ref to nothing',
    withSchema("{ $ref: '#/components/schemas/None' }"),
    [
      `DIR/openapi.yaml:9 ${Q}/$ref: $ref '#/components/schemas/None' points to nothing; fix the part after the #, for example #/components/schemas/Name; any value is accepted here`,
    ],
  ],
  [
    'a $ref to an unknown anchor',
    withSchema("{ $ref: '#None' }", '3.1.0'),
    [
      `DIR/openapi.yaml:9 ${Q}/$ref: $ref '#None' points to nothing; fix the part after the #, for example #/components/schemas/Name; any value is accepted here`,
    ],
  ],
  [
    'a key that is not a media type',
    `${withSchema('{}')}    post:\n      responses: { '200': { description: One, content: { 'application json': {}, text/plain: {} } } }\n`,
    [
      'DIR/openapi.yaml:12 #/paths/~1one/post/responses/200/content/application json: "application json" is not a media type; use one like application/json; it is ignored',
    ],
  ],
  [
    'keywords of 3.1 in 3.0',
    withSchema('{ const: 1, if: {}, $defs: {}, nullable: true }'),
    [
      `DIR/openapi.yaml:9 ${Q}/const: OpenAPI 3.0 has no such keyword; the keyword is ignored`,
      `DIR/openapi.yaml:9 ${Q}/if: OpenAPI 3.0 has no such keyword; the keyword is ignored`,
      `DIR/openapi.yaml:9 ${Q}/$defs: OpenAPI 3.0 has no such keyword; the keyword is ignored`,
    ],
  ],
  [
    'examples that do not match their schemas',
    withSchema('{ type: integer, example: one, items: { example: {} } }'),
    [
      `DIR/openapi.yaml:9 ${Q}/example: the example does not match its schema: Invalid type for 'example': expected an integer, but got a string instead; it is sent as it is`,
    ],
  ],
])('a contract with %s can be used, and has a warning', async (_, text, warnings) => {
  expect(await errorsOf({ 'openapi.yaml': text })).toEqual([])
  expect(await warningsOf({ 'openapi.yaml': text })).toEqual(warnings)
})

test.each([
  '../outside.yaml#/Secret',
  '..%2Foutside.yaml#/Secret',
  './x/../../outside.yaml',
  'DIR/../outside.yaml#/Secret',
  '/etc/passwd',
  'file:///etc/passwd',
  'file:one.yaml',
  'http://mock.invalid/one.yaml#/One',
  'HTTPS://mock.invalid/',
  '//mock.invalid/one.yaml',
  'link.yaml#/Secret',
  'folder/outside.yaml#/Secret',
])('rejects a $ref out of the folder without reading the file: %s', async (ref) => {
  const faults = await errorsOf({ 'openapi.yaml': withSchema(`{ $ref: '${ref}' }`) }, async (dir) => {
    await symlink('../outside.yaml', join(dir, 'link.yaml'))
    await symlink('..', join(dir, 'folder'))
  })
  expect(faults).toEqual([
    expect.stringMatching(
      /^DIR\/openapi\.yaml:9 \$ref '.*' points outside the contract's folder; copy the file into .+$/,
    ),
  ])
})

test('an error in a file behind a $ref is reported with that file and its line', async () => {
  const spec = withSchema("{ $ref: 'more.yaml#/One' }")
  expect(await errorsOf({ 'openapi.yaml': spec, 'more.yaml': 'One: {\n' })).toEqual([
    expect.stringMatching(/^DIR\/more\.yaml:\d .*; close it with } or \]$/),
  ])
  expect(await errorsOf({ 'openapi.yaml': spec, 'more.yaml': "One:\n  $ref: '../outside.yaml'\n" })).toEqual([
    expect.stringMatching(/^DIR\/more\.yaml:2 \$ref '\.\.\/outside\.yaml' points outside/),
  ])
  expect(await warningsOf({ 'openapi.yaml': spec, 'more.yaml': "One:\n  allOf:\n    - $ref: '#/Two'\n" })).toEqual([
    expect.stringMatching(
      /^DIR\/more\.yaml:3 #\/x-files\/more.yaml\/One\/allOf\/0\/\$ref: \$ref '#\/Two' points to nothing/,
    ),
  ])
})

test('reports all errors at once', async () => {
  const faults = await errorsOf({
    'openapi.yaml': withSchema("{ anyOf: [{ $ref: '../a.yaml' }, { $ref: 'b.yaml' }, { $ref: 'http://c.invalid' }] }"),
  })
  expect(faults).toHaveLength(3)
})

test('ignores a $ref inside an example', async () => {
  expect(
    await errorsOf({ 'openapi.yaml': withSchema("{ type: object, example: { $ref: 'http://elsewhere.invalid' } }") }),
  ).toEqual([])
  expect(
    await errorsOf({
      'openapi.yaml': withSchema("{ type: object, properties: { example: { $ref: 'http://elsewhere.invalid' } } }"),
    }),
  ).toHaveLength(1)
})

test('names of files and schemas may contain spaces and slashes', async () => {
  const spec = withSchema("{ $ref: 'my%20file.yaml#/A~1B%20C' }")
  expect(await errorsOf({ 'openapi.yaml': spec, 'my file.yaml': 'A/B C: { type: string }\n' })).toEqual([])
})

test('schemas and files may have circular references', async () => {
  const spec = withSchema("{ $ref: 'tree.yaml#/Tree' }")
  expect(
    await errorsOf({
      'openapi.yaml': spec,
      'tree.yaml': "Tree: { type: object, properties: { left: { $ref: 'leaf.yaml' }, right: { $ref: '#/Tree' } } }\n",
      'leaf.yaml': "type: object\nproperties: { up: { $ref: 'tree.yaml#/Tree' } }\n",
    }),
  ).toEqual([])
})

test('accepts a media type without a schema', async () => {
  const spec = `${withSchema('{ type: string }')}    post:\n      requestBody: { content: { application/json: {} } }\n      responses: { '200': { description: One } }\n`
  expect(await errorsOf({ 'openapi.yaml': spec })).toEqual([])
})

test('rejects a picture and other files that are not text', async () => {
  await expect(loadContract('docs/images/models-dark.png')).rejects.toThrow(
    /models-dark\.png: cannot be read \(it is not UTF-8 text\); use the path of a YAML or JSON file$/,
  )
})

test.each([
  ['openapi: 3.0.3\ninfo:\n  title: Orders: new\n', 3, "a value contains ': '; put it in quotes"],
  ['openapi: 3.0.3\ninfo:\n\ttitle: Orders\n', 3, 'a tab is used as indentation; use spaces'],
  ['openapi: 3.0.3\ninfo:\n  title: One\n version: 1\n', 4, 'the indentation does not match the lines above'],
  ['openapi: 3.0.3\ninfo:\n  title: @one\n', 3, 'the value starts with a character that YAML reserves'],
  ['openapi: 3.0.3\ninfo\npaths: {}\n', 2, "the line is not a 'key: value'"],
  ['openapi: 3.0.3\n---\ninfo: {}\n', 2, 'the file has a second document after ---'],
])('an error in the YAML %j is reported in plain words', async (text, line, words) => {
  const [fault] = await errorsOf({ 'openapi.yaml': text })
  expect(fault).toContain(`DIR/openapi.yaml:${line} ${words}`)
})

const TYPES = 'array, boolean, integer, null, number, object, string'

test.each<[string, string, string]>([
  ['{ type: arrray }', 'type', `'arrray' is not one of ${TYPES}. Did you mean array?`],
  ['{ type: [string, nul] }', 'type', `'nul' is not one of ${TYPES}. Did you mean null?`],
  ['{ items: { type: strin } }', 'items/type', `'strin' is not one of ${TYPES}. Did you mean string?`],
  ['{ properties: { schema: { minimum: x } } }', 'properties/schema/minimum', 'must be a number'],
  ['{ required: true }', 'required', 'must be a list of names'],
  ['{ anyOf: [] }', 'anyOf', 'must be a list with at least one schema'],
  ['{ enum: [] }', 'enum', 'must be a list with at least one value'],
  ['{ multipleOf: 0 }', 'multipleOf', 'must be a number above 0'],
  ['{ minLength: -1 }', 'minLength', 'must be a whole number from 0'],
  ['{ exclusiveMinimum: true }', 'exclusiveMinimum', 'must be a number'],
  ['{ properties: { a: text } }', 'properties/a', 'must be a schema'],
])(
  'ignores the keyword that is not valid in the schema %s of a contract of version 3.1',
  async (schema, path, problem) => {
    const text = withSchema(schema, '3.1.0')
    expect(await errorsOf({ 'openapi.yaml': text })).toEqual([])
    expect(await warningsOf({ 'openapi.yaml': text })).toEqual([
      `DIR/openapi.yaml:9 ${Q}/${path}: ${problem}; the keyword is ignored`,
    ])
  },
)

test('warns of an invalid type in 3.0, in a component, and in another file', async () => {
  expect(await warningsOf({ 'openapi.yaml': withSchema('{ type: strng }') })).toEqual([
    `DIR/openapi.yaml:9 ${Q}/type: 'strng' is not one of ${TYPES}. Did you mean string?; the keyword is ignored`,
  ])
  const components = `${withSchema('{ $ref: more.yaml }', '3.1.0')}components: { schemas: { One: { type: objct } } }\n`
  expect(await warningsOf({ 'openapi.yaml': components, 'more.yaml': 'description: More\ntype: strng\n' })).toEqual([
    expect.stringMatching(/^DIR\/more\.yaml:2 .*type: 'strng' is .* Did you mean string\?; the keyword is ignored$/),
    expect.stringMatching(/^DIR\/openapi\.yaml:11 #\/components\/schemas\/One\/type: 'objct' .* Did you mean object\?/),
  ])
})

test('accepts keywords that JSON Schema does not know, and boolean schemas, in 3.1', async () => {
  const schema =
    '{ type: [array, "null"], nullable: true, x-own: 1, prefixItems: [true, { example: { type: arrray } }], items: false }'
  expect(await warningsOf({ 'openapi.yaml': withSchema(schema, '3.1.0') })).toEqual([
    `DIR/openapi.yaml:9 ${Q}/nullable: OpenAPI 3.1 has no such keyword; the keyword is ignored`,
  ])
  const named = withSchema('{}', '3.1.0').concat('components: { responses: { schema: { description: One } } }\n')
  expect(await warningsOf({ 'openapi.yaml': named })).toEqual([])
})

test('rejects a missing file', async () => {
  await expect(loadContract('test/openapi/none.yaml')).rejects.toThrow(
    /none\.yaml: cannot be read \(ENOENT\); use the path of a YAML or JSON file$/,
  )
})
