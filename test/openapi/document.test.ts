import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadContract } from '../../src/openapi/contract.ts'
import { FileError } from '../../src/openapi/document.ts'

/** The faults of a contract of these files; DIR stands for the contract's folder, which lies beside outside.yaml. */
async function faultsOf(
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

test('a contract without a fault is loaded', async () => {
  expect(await faultsOf({ 'openapi.yaml': withSchema('{ type: string }') })).toEqual([])
})

test.each<[string, string, (string | RegExp)[]]>([
  [
    'is broken YAML',
    'openapi: 3.0.3\ninfo: {\npaths: [',
    [/^DIR\/openapi\.yaml:\d .*; mend the YAML$/, /^DIR\/openapi\.yaml:\d .*; mend the YAML$/],
  ],
  [
    'has a key twice',
    'openapi: 3.0.3\nopenapi: 3.0.3\n',
    ['DIR/openapi.yaml:2 Map keys must be unique; mend the YAML'],
  ],
  [
    'has too many aliases',
    `a: &a [x]\nb: &b [${'*a,'.repeat(20)}]\nc: &c [${'*b,'.repeat(20)}]\nd: [${'*c,'.repeat(20)}]\n`,
    [/^DIR\/openapi\.yaml: .*; write out what the YAML aliases name$/],
  ],
  ['is empty', '', ['DIR/openapi.yaml:1 is no OpenAPI document; it must be a mapping with openapi, info and paths']],
  [
    'is a list',
    '- openapi',
    ['DIR/openapi.yaml:1 is no OpenAPI document; it must be a mapping with openapi, info and paths'],
  ],
  [
    'is of version 2.0',
    '# old\nswagger: "2.0"\ninfo: { title: One, version: "1" }\npaths: {}\n',
    ['DIR/openapi.yaml:2 swagger: "2.0" is not supported; write a 3.0 or 3.1 document'],
  ],
  [
    'is of no version',
    'info: {}',
    ['DIR/openapi.yaml:1 openapi: undefined is not supported; write a 3.0 or 3.1 document'],
  ],
  [
    'is of a later version',
    withSchema('{}', '4.0.0'),
    ['DIR/openapi.yaml:1 openapi: "4.0.0" is not supported; write a 3.0 or 3.1 document'],
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
    'has a pattern that is none',
    withSchema("{ type: string, pattern: '[' }"),
    [/^DIR\/openapi\.yaml:9 .*Invalid regular expression: \/\[\/.*; mend it$/],
  ],
  [
    'has a $ref to nothing',
    withSchema("{ $ref: '#/components/schemas/None' }"),
    [
      "DIR/openapi.yaml:9 $ref '#/components/schemas/None' names nothing; mend what stands behind the #, as in #/components/schemas/Name",
    ],
  ],
  [
    'has a $ref that is no JSON pointer',
    withSchema("{ $ref: '#None' }", '3.1.0'),
    [/:9 \$ref '#None' names nothing; mend/],
  ],
  [
    'has a $ref to a file that is not there',
    withSchema("{ $ref: 'none.yaml#/One' }"),
    ["DIR/openapi.yaml:9 $ref 'none.yaml#/One' names a file that is not there; mend the path"],
  ],
  [
    'has a $ref with broken encoding',
    withSchema("{ $ref: '%zz.yaml' }"),
    ["DIR/openapi.yaml:9 $ref '%zz.yaml' is not valid percent-encoding; write a % as %25"],
  ],
])('a contract that %s is refused', async (_, text, faults) => {
  expect(await faultsOf({ 'openapi.yaml': text })).toEqual(
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
])('a $ref that leaves the folder is refused, and nothing there is read: %s', async (ref) => {
  const faults = await faultsOf({ 'openapi.yaml': withSchema(`{ $ref: '${ref}' }`) }, async (dir) => {
    await symlink('../outside.yaml', join(dir, 'link.yaml'))
    await symlink('..', join(dir, 'folder'))
  })
  expect(faults).toEqual([
    expect.stringMatching(/^DIR\/openapi\.yaml:9 \$ref '.*' leaves the contract's folder; copy what it names into .+$/),
  ])
})

test('a fault in a file that a $ref names is told with that file and its line', async () => {
  const spec = withSchema("{ $ref: 'more.yaml#/One' }")
  expect(await faultsOf({ 'openapi.yaml': spec, 'more.yaml': 'One: {\n' })).toEqual([
    expect.stringMatching(/^DIR\/more\.yaml:\d .*; mend the YAML$/),
  ])
  expect(await faultsOf({ 'openapi.yaml': spec, 'more.yaml': "One:\n  $ref: '../outside.yaml'\n" })).toEqual([
    expect.stringMatching(/^DIR\/more\.yaml:2 \$ref '\.\.\/outside\.yaml' leaves/),
  ])
  expect(await faultsOf({ 'openapi.yaml': spec, 'more.yaml': "One:\n  allOf:\n    - $ref: '#/Two'\n" })).toEqual([
    expect.stringMatching(/^DIR\/more\.yaml:3 \$ref '#\/Two' names nothing/),
  ])
})

test('all faults are told at once', async () => {
  const faults = await faultsOf({
    'openapi.yaml': withSchema("{ anyOf: [{ $ref: '../a.yaml' }, { $ref: 'b.yaml' }, { $ref: 'http://c.invalid' }] }"),
  })
  expect(faults).toHaveLength(3)
  const patterns = withSchema("{ type: string, pattern: '[' }").replace(
    '      responses',
    "        - { name: r, in: query, schema: { type: string, pattern: '(' } }\n      responses",
  )
  expect(await faultsOf({ 'openapi.yaml': patterns })).toHaveLength(2)
})

test('a $ref inside an example is data', async () => {
  expect(
    await faultsOf({ 'openapi.yaml': withSchema("{ type: object, example: { $ref: 'http://elsewhere.invalid' } }") }),
  ).toEqual([])
  expect(
    await faultsOf({
      'openapi.yaml': withSchema("{ type: object, properties: { example: { $ref: 'http://elsewhere.invalid' } } }"),
    }),
  ).toHaveLength(1)
})

test('names of files and schemas may hold spaces and slashes', async () => {
  const spec = withSchema("{ $ref: 'my%20file.yaml#/A~1B%20C' }")
  expect(await faultsOf({ 'openapi.yaml': spec, 'my file.yaml': 'A/B C: { type: string }\n' })).toEqual([])
})

test('schemas and files may name each other in a circle', async () => {
  const spec = withSchema("{ $ref: 'tree.yaml#/Tree' }")
  expect(
    await faultsOf({
      'openapi.yaml': spec,
      'tree.yaml': "Tree: { type: object, properties: { left: { $ref: 'leaf.yaml' }, right: { $ref: '#/Tree' } } }\n",
      'leaf.yaml': "type: object\nproperties: { up: { $ref: 'tree.yaml#/Tree' } }\n",
    }),
  ).toEqual([])
})

test('a media type without a schema takes anything', async () => {
  const spec = `${withSchema('{ type: string }')}    post:\n      requestBody: { content: { application/json: {} } }\n      responses: { '200': { description: One } }\n`
  expect(await faultsOf({ 'openapi.yaml': spec })).toEqual([])
})

test('a file that is not there is refused', async () => {
  await expect(loadContract('test/openapi/none.yaml')).rejects.toThrow(
    /none\.yaml: cannot be read \(ENOENT\); give the path of a YAML or JSON file$/,
  )
})
