import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadContract } from '../../src/openapi/contract.ts'
import { FileError } from '../../src/openapi/document.ts'

/** The errors of a contract with these files. DIR is the contract's folder; outside.yaml is in its parent. */
async function errorsOf(
  files: Readonly<Record<string, string>>,
  prepare: (dir: string) => Promise<void> = async () => {},
): Promise<readonly string[]> {
  const parent = await mkdtemp(join(tmpdir(), 'contract-'))
  const dir = join(parent, 'spec')
  try {
    await mkdir(dir)
    await writeFile(join(parent, 'outside.yaml'), 'Secret: { type: string, description: a secret }\n{')
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text.replaceAll('DIR', dir))
    await prepare(dir)
    const error: unknown = await loadContract(join(dir, 'openapi.yaml')).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (error === undefined) return []
    if (!(error instanceof FileError)) throw error
    expect(error.message).toBe(error.faults.join('\n'))
    expect(error.message).not.toContain('secret')
    return error.faults.map((fault) => fault.replaceAll(dir, 'DIR'))
  } finally {
    await rm(parent, { recursive: true })
  }
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
    'has a path without a slash',
    withSchema('{}').replace('/one:', 'one:'),
    ["DIR/openapi.yaml:4 paths: 'one' must begin with '/'; see the OpenAPI 3.0.3 specification"],
  ],
  [
    'is of version 3.1 and has a path without a slash',
    withSchema('{}', '3.1.0').replace('/one:', 'one:'),
    ["DIR/openapi.yaml:4 paths: 'one' must begin with '/'; see the OpenAPI 3.1.0 specification"],
  ],
  [
    'has an unknown key',
    withSchema('{}', '3.1.0').replace('in: query', 'in: query\n          requird: true'),
    [/^DIR\/openapi\.yaml:9 paths\.\/one\.get\.parameters\.0: 'requird' is not allowed here; see/],
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
    'has no info',
    'openapi: 3.0.3\npaths: {}\n',
    [/^DIR\/openapi\.yaml the document: .*'info'; see the OpenAPI 3\.0\.3 specification$/],
  ],
  [
    'has an operation without responses',
    'openapi: 3.0.3\ninfo: { title: One, version: "1" }\npaths:\n  /a:\n    get:\n      summary: A\n',
    [/^DIR\/openapi\.yaml:5 paths\.\/a\.get: .*'responses'; see/],
  ],
  [
    'has a schema of an unknown type',
    withSchema('{ type: text }'),
    [/^DIR\/openapi\.yaml:9 paths\.\/one\.get\.parameters\.0\.schema\.type: .*; see/],
  ],
  [
    'has an invalid pattern',
    withSchema("{ type: string, pattern: '[' }"),
    [/^DIR\/openapi\.yaml:9 .*Invalid regular expression: \/\[\/.*; fix the schema$/],
  ],
  [
    'has a $ref to nothing',
    withSchema("{ $ref: '#/components/schemas/None' }"),
    [
      "DIR/openapi.yaml:9 $ref '#/components/schemas/None' points to nothing; fix the part after the #, for example #/components/schemas/Name",
    ],
  ],
  [
    'has a $ref that is not a JSON pointer',
    withSchema("{ $ref: '#None' }", '3.1.0'),
    [/:9 \$ref '#None' points to nothing; fix/],
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
  expect(await errorsOf({ 'openapi.yaml': spec, 'more.yaml': "One:\n  allOf:\n    - $ref: '#/Two'\n" })).toEqual([
    expect.stringMatching(/^DIR\/more\.yaml:3 \$ref '#\/Two' points to nothing/),
  ])
})

test('reports all errors at once', async () => {
  const faults = await errorsOf({
    'openapi.yaml': withSchema("{ anyOf: [{ $ref: '../a.yaml' }, { $ref: 'b.yaml' }, { $ref: 'http://c.invalid' }] }"),
  })
  expect(faults).toHaveLength(3)
  const patterns = withSchema("{ type: string, pattern: '[' }").replace(
    '      responses',
    "        - { name: r, in: query, schema: { type: string, pattern: '(' } }\n      responses",
  )
  expect(await errorsOf({ 'openapi.yaml': patterns })).toHaveLength(2)
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

test.each<[string, string, string, string?]>([
  ['{ type: arrray }', 'type', "'arrray' is not one of array, boolean, integer, null, number, object, string", 'array'],
  [
    '{ type: [string, nul] }',
    'type.1',
    "'nul' is not one of array, boolean, integer, null, number, object, string",
    'null',
  ],
  [
    '{ items: { type: strin } }',
    'items.type',
    "'strin' is not one of array, boolean, integer, null, number, object, string",
    'string',
  ],
  ['{ properties: { schema: { minimum: x } } }', 'properties.schema.minimum', 'must be number'],
  ['{ required: true }', 'required', 'must be array'],
  ['{ anyOf: [] }', 'anyOf', 'must NOT have fewer than 1 items'],
])('rejects the schema %s in a contract of version 3.1', async (schema, path, problem, meant) => {
  expect(await errorsOf({ 'openapi.yaml': withSchema(schema, '3.1.0') })).toEqual([
    `DIR/openapi.yaml:9 paths./one.get.parameters.0.schema.${path}: ${problem}; see the OpenAPI 3.1.0 specification${meant === undefined ? '' : `. Did you mean ${meant}?`}`,
  ])
})

test('reports an invalid type in 3.0, in a component, and in another file', async () => {
  expect(await errorsOf({ 'openapi.yaml': withSchema('{ type: strng }') })).toEqual([
    expect.stringMatching(/:9 .*schema\.type: 'strng' is not one of array, .*\. Did you mean string\?$/),
  ])
  const components = `${withSchema('{ $ref: more.yaml }', '3.1.0')}components: { schemas: { One: { type: objct } } }\n`
  expect(await errorsOf({ 'openapi.yaml': components, 'more.yaml': 'description: More\ntype: strng\n' })).toEqual([
    expect.stringMatching(/^DIR\/more\.yaml:2 .*type: 'strng' is .* Did you mean string\?$/),
    expect.stringMatching(/^DIR\/openapi\.yaml:11 components\.schemas\.One\.type: 'objct' .* Did you mean object\?$/),
  ])
})

test('accepts keywords that JSON Schema does not know, and boolean schemas, in 3.1', async () => {
  const schema =
    '{ type: [array, "null"], nullable: true, x-own: 1, prefixItems: [true, { example: { type: arrray } }], items: false }'
  expect(await errorsOf({ 'openapi.yaml': withSchema(schema, '3.1.0') })).toEqual([])
  const named = withSchema('{}', '3.1.0').concat('components: { responses: { schema: { description: One } } }\n')
  expect(await errorsOf({ 'openapi.yaml': named })).toEqual([])
})

test('rejects a missing file', async () => {
  await expect(loadContract('test/openapi/none.yaml')).rejects.toThrow(
    /none\.yaml: cannot be read \(ENOENT\); use the path of a YAML or JSON file$/,
  )
})
