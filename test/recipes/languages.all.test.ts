import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { startMock } from '../../src/index.ts'
import type { Ran, Recipe } from './recipe.ts'
import { layOut, readRecipe, run } from './recipe.ts'

const root = resolve(import.meta.dirname, '../..')
const python = join(root, 'test/clients/python')

/** The output of a program on stdout and stderr; empty if it is not installed. */
const outputOf = (program: string, ...args: string[]): string =>
  spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 }).output?.join('') ?? ''
const atLeast = (output: string, pattern: RegExp, [major, minor]: readonly [number, number]): boolean => {
  const [, first = 0, second = 0] = pattern.exec(output) ?? []
  return Number(first) > major || (Number(first) === major && Number(second) >= minor)
}

const count = (output: string, pattern: RegExp): number =>
  [...output.matchAll(pattern)].reduce((sum, [, number = 1]) => sum + Number(number), 0)

const languages = [
  {
    name: 'pytest',
    needs: 'Python 3.11 or newer',
    isInstalled: atLeast(outputOf('python3', '--version'), /^Python (\d+)\.(\d+)/, [3, 11]),
    tests: 4,
    passed: /^=.* (\d+) passed\b/gm,
    failed: /^=.* (\d+) (?:failed|errors?)\b/gm,
  },
  {
    name: 'go',
    needs: 'Go 1.26 or newer',
    isInstalled: atLeast(outputOf('go', 'version'), /go(\d+)\.(\d+)/, [1, 26]),
    tests: 3,
    passed: /^--- PASS: /gm,
    failed: /^--- FAIL: /gm,
  },
  {
    name: 'java',
    needs: 'Maven and JDK 17 or newer',
    isInstalled:
      outputOf('mvn', '--version').includes('Apache Maven') &&
      atLeast(outputOf('javac', '--version'), /^javac (\d+)()/, [17, 0]),
    tests: 3,
    passed: /^\[\w+\] Tests run: (\d+), Failures: 0, Errors: 0, Skipped: 0$/gm,
    failed: /^\[\w+\] Tests run: \d+, Failures: (\d+), Errors: 0, Skipped: 0$/gm,
  },
]

const TABLE =
  /Scripted responses that no request has used \(1\):\s+times +response +when\s+1 +stream-cut +always\s+Requests received \(1\):\s/

let folder: string | undefined
afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  folder = undefined
})

/** Creates a folder with the files of a recipe, and with the mock in node_modules/.bin. */
function prepare(recipe: Recipe): string {
  folder = mkdtempSync(join(tmpdir(), 'recipe-'))
  layOut(recipe, folder)
  const bin = join(folder, 'node_modules/.bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(
    join(bin, 'chat-image-mock'),
    `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'dist/cli.js')}' "$@"\n`,
    { mode: 0o755 },
  )
  return folder
}

/** Runs the commands of a page, except those that install packages. */
async function runPage({ commands }: Recipe, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const own = commands.filter((command) => !/^(?:npm|pip) install /.test(command))
  return run(own.join('\n'), cwd, { PATH: `${python}/.venv/bin:${process.env['PATH']}`, ...env })
}

/** Replaces a text in the files of a recipe. */
function change(recipe: Recipe, from: string | RegExp, to: string): Recipe {
  const files = recipe.files.map(({ path, text }) => ({ path, text: text.replace(from, to) }))
  expect(files, `${from} is in the page`).not.toEqual(recipe.files)
  return { ...recipe, files }
}

for (const { name, needs, isInstalled, tests, passed, failed } of languages) {
  if (!isInstalled) console.warn(`Skipped the recipe ${name}: it needs ${needs}.`)

  describe.runIf(isInstalled)(`the recipe ${name}`, () => {
    const recipe = readRecipe(name)

    test('passes', async () => {
      expect(recipe.commands[0]).toBe('npm install --save-dev chat-image-mock')
      const { code, output } = await runPage(recipe, prepare(recipe))
      expect({ code, passed: count(output, passed), failed: count(output, failed) }, output).toEqual({
        code: 0,
        passed: tests,
        failed: 0,
      })
    })

    test('fails if a scripted response is not used, and lists the requests received', async () => {
      const changed = change(recipe, '"limit-rate"', '"limit-rate", "stream-cut"')
      const { code, output } = await runPage(changed, prepare(changed))
      expect({ code, failed: count(output, failed) }, output).toEqual({ code: 1, failed: 1 })
      expect(output).toMatch(TABLE)
    })

    test('fails if the response has another scenario than the test expects', async () => {
      const changed = change(recipe, '"limit-rate"', '"upstream-error"')
      const { code, output } = await runPage(changed, prepare(changed))
      expect({ code, failed: count(output, failed) }, output).toEqual({ code: 1, failed: 1 })
      expect(output).not.toMatch(TABLE)
    })
  })
}

/** Replaces Docker: the container is the mock at FAKE_PORT, and its wait strategy runs as usual. */
const FAKE_DOCKER = `
import os
from testcontainers.core import container

container.DockerClient = lambda **options: None
Container = container.DockerContainer
Container.start = lambda self: self._wait_strategy.wait_until_ready(self) or self
Container.stop = lambda self, **options: print("stopped", self.image, *self.ports)
Container.get_container_host_ip = lambda self: "127.0.0.1"
Container.get_exposed_port = lambda self, port: int(os.environ["FAKE_PORT"])
`

describe.runIf(languages[0]?.isInstalled)('the recipe pytest with its container', () => {
  const recipe = readRecipe('pytest')

  test('uses only packages that are pinned and installed', () => {
    const pinned = readFileSync(join(python, 'requirements.txt'), 'utf8')
    const [, names = ''] = /^pip install (.*)$/m.exec(recipe.commands.join('\n')) ?? []
    for (const name of [...names.split(' '), 'testcontainers']) expect(pinned).toMatch(new RegExp(`^${name}==`, 'm'))
    if (!existsSync(join(python, '.venv/bin/pytest')))
      throw new Error('the packages of requirements.txt are not installed; run test/clients/python/install.sh')
  })

  test('passes with the fixture of its container and a fake Docker', async () => {
    await using mock = await startMock()
    const changed = change(
      recipe,
      /@pytest\.fixture\(scope="session"\)\ndef mock_url\(\):\n {4}"""The URL of the mock, which[^]*?\n\n\n/,
      'pytest_plugins = ["mock_container"]\n\n\n',
    )
    const cwd = prepare(changed)
    writeFileSync(join(cwd, 'fake_docker.py'), FAKE_DOCKER)
    const { code, output } = await runPage(changed, cwd, {
      PYTHONPATH: cwd,
      PYTEST_ADDOPTS: '-s -p fake_docker',
      FAKE_PORT: new URL(mock.url).port,
      MOCK_IMAGE: 'mock:own',
    })
    expect(output).toMatch(/^=+ 4 passed in /m)
    expect(output).toContain('stopped mock:own 4010')
    expect(code, output).toBe(0)
  })
})
