import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pack } from '../consumer/consumer.ts'
import { root, workflows } from './files.ts'
import { startJob } from './job.ts'

const linters = join(root, 'test/deploy/linters')
const bin = join(linters, '.venv/bin')
const outputOf = (program: string, ...args: string[]): string =>
  spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 }).stdout ?? ''
const hasTools =
  /^Python 3\.(?:1[1-9]|[2-9]\d)/.test(outputOf('python3', '--version')) &&
  /go1\.(?:2[6-9]|[3-9]\d)/.test(outputOf('go', 'version'))
if (!hasTools)
  console.warn('Skipped the linters of deploy/ and .github/: they need Python 3.11 or newer and Go 1.26 or newer.')

const folder = mkdtempSync(join(tmpdir(), 'deploy-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const schema = (name: string): readonly string[] => ['check-jsonschema', '--builtin-schema', `vendor.${name}`]
const kubernetes = (version: string): readonly string[] => [
  'kubernetes-validate',
  '--strict',
  '--kubernetes-version',
  version,
]
const overlays = ['base', 'redis']
const rendered = overlays.map((name) => join(folder, `${name}.yaml`))

/** A linter, its files, and a change of the first file that the linter must report. */
const checks: readonly (readonly [
  command: readonly string[],
  files: readonly string[],
  from: string | RegExp,
  to: string,
])[] = [
  [schema('compose-spec'), ['deploy/compose.yaml', 'deploy/compose.redis.yaml'], 'cap_drop:', 'cap_dropped:'],
  [schema('gitlab-ci'), ['deploy/gitlab-ci.yml'], 'script:', 'scripts:'],
  [schema('github-actions'), ['deploy/github/action.yml'], 'using: node24', 'using: node'],
  [schema('github-workflows'), workflows, 'runs-on:', 'runs-in:'],
  [schema('dependabot'), ['.github/dependabot.yml'], 'package-ecosystem:', 'ecosystem:'],
  [kubernetes('1.30.0'), rendered, 'readOnlyRootFilesystem:', 'readOnlyRootFileSystem:'],
  [kubernetes('1.37.0'), rendered, 'maxUnavailable: 1', 'maxUnavailable: []'],
  [['actionlint', '-shellcheck=', '-pyflakes='], workflows, 'matrix.node }}', 'matrix.nodes }}'],
  [
    ['zizmor', '--offline', '--no-progress', '--config', join(linters, 'zizmor.yml')],
    [...workflows, 'deploy/github/action.yml', '.github/dependabot.yml'],
    'run: npm ci',
    'run: echo "${{ github.head_ref }}"',
  ],
]

describe.runIf(hasTools)('the linters', () => {
  beforeAll(() => {
    const required = ['requirements.txt', 'go.mod'].map((file) => readFileSync(join(linters, file), 'utf8')).join('')
    const stamp = join(bin, '../installed')
    if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== required)
      throw new Error('The linters are not installed or outdated. Run test/deploy/linters/install.sh.')
    for (const [i, name] of overlays.entries())
      writeFileSync(
        rendered[i] ?? '',
        execFileSync(join(bin, 'kustomize'), ['build', join(root, 'deploy/kubernetes', name)], { timeout: 60_000 }),
      )
  })

  const lint = (
    [program = '', ...args]: readonly string[],
    files: readonly string[],
  ): { status: number | null; log: string } => {
    const { status, stdout, stderr } = spawnSync(join(bin, program), [...args, ...files], {
      cwd: root,
      encoding: 'utf8',
      timeout: 60_000,
    })
    return { status, log: `${stdout}${stderr}` }
  }

  test.each(checks)('%j accepts the files and reports a mistake', (command, files, from, to) => {
    const { status, log } = lint(command, files)
    expect(status, log).toBe(0)
    const [first = ''] = files
    const text = readFileSync(join(first.startsWith('/') ? '' : root, first), 'utf8')
    const wrong = join(folder, 'wrong', first.startsWith('/') ? basename(first) : first)
    mkdirSync(dirname(wrong), { recursive: true })
    writeFileSync(wrong, text.replace(from, to))
    expect(readFileSync(wrong, 'utf8')).not.toBe(text)
    expect(lint(command, [wrong]).status, `${from} replaced by ${to}`).not.toBe(0)
  })

  test('the overlay in the README changes the namespace and the image', () => {
    const [, overlay = ''] =
      /```yaml\n(apiVersion: kustomize[^]*?)```/.exec(readFileSync(join(root, 'deploy/README.md'), 'utf8')) ?? []
    cpSync(join(root, 'deploy/kubernetes'), join(folder, 'kubernetes'), { recursive: true })
    mkdirSync(join(folder, 'own'))
    writeFileSync(join(folder, 'own/kustomization.yaml'), overlay)
    const built = execFileSync(join(bin, 'kustomize'), ['build', join(folder, 'own')], {
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect(built).toContain('image: registry.example/tools/chat-image-mock:0.1.0\n')
    expect(built.match(/^  namespace: suites$/gm)).toHaveLength(built.match(/^kind: /gm)?.length ?? 0)
  })
})

test('the action installs the packed package and starts it', async () => {
  const { tarball } = pack()
  await using job = startJob(process.env)
  const { code, log, outputs } = await job.step({ version: tarball, coverage: 'true' })
  rmSync(dirname(tarball), { recursive: true, force: true })
  expect(code, log).toBe(0)
  expect((await fetch(`${outputs['base-url']}/models`)).status).toBe(200)
  expect(await job.end()).toMatchObject([{ code: 0, summary: expect.stringContaining('# Contract coverage') }])
})
