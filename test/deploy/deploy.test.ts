import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { version } from '#prepared'
import { commandOptions, readCommand } from '../../src/cli/command-line.ts'
import { startMock } from '../../src/index.ts'
import { sendRaw } from '../wire.ts'
import { documents, files, objects, ofKind, root, workflows } from './files.ts'
import { action } from './job.ts'

const PORT = Number(commandOptions.find(({ option }) => option === 'port')?.flag.defaultsTo)
const NAME = 'chat-image-mock'

const [compose] = documents('deploy/compose.yaml')
const [composeRedis] = documents('deploy/compose.redis.yaml')
const [gitlab] = documents('deploy/gitlab-ci.yml')
const [workflow] = documents('deploy/github/workflow.yml')
const deployments = ofKind('Deployment')
const mock = deployments.find(({ metadata }) => metadata.name === NAME)
const [container] = mock.spec.template.spec.containers
const service = ofKind('Service').find(({ metadata }) => metadata.name === NAME)

/** The environment of the mock in each file. `${NAME:-default}` has its default value. */
const environments: Record<string, Record<string, unknown>> = {
  'compose.yaml': compose.services.mock.environment,
  'compose.redis.yaml': composeRedis.services.mock.environment,
  'gitlab-ci.yml': gitlab['contract-tests'].services[0].variables,
  'workflow.yml, service': workflow.jobs.service.services.mock.env,
  'workflow.yml, process': workflow.jobs.process.steps.find(({ id }: { id?: string }) => id === 'mock').env,
  ...Object.fromEntries(
    files
      .filter((file) => file.startsWith('deploy/kubernetes/'))
      .flatMap((file) =>
        documents(file)
          .filter(({ kind, metadata }) => kind === 'Deployment' && metadata.name === NAME)
          .map(({ spec }) => [
            file,
            Object.fromEntries(spec.template.spec.containers[0].env.map((one: any) => [one.name, one.value])),
          ]),
      ),
  ),
}
const plain = (value: unknown): string => String(value).replace(/^\$\{\w+:-(.*)\}$/, '$1')

test.each(Object.entries(environments))(
  '%s sets only environment variables of the mock, with valid values',
  (_file, environment) => {
    expect(Object.keys(environment)).not.toEqual([])
    for (const [name, value] of Object.entries(environment)) {
      expect(
        commandOptions.map(({ flag }) => flag.env),
        name,
      ).toContain(name)
      expect(() => readCommand([], { [name]: plain(value) }), `${name}: ${plain(value)}`).not.toThrow()
    }
  },
)

test('all files use the default port of the mock', () => {
  expect(container.ports).toEqual([{ name: 'http', containerPort: PORT }])
  expect(service.spec.ports).toEqual([{ name: 'http', port: PORT, targetPort: 'http' }])
  expect(compose.services.mock.ports).toEqual([`127.0.0.1:${PORT}:${PORT}`])
  expect(workflow.jobs.service.services.mock.ports).toEqual([`${PORT}:${PORT}`])
  const urls = [compose.services.tests.environment, workflow.jobs.service.env, gitlab['contract-tests'].variables].map(
    ({ OPENAI_BASE_URL }) => OPENAI_BASE_URL,
  )
  expect(urls).toEqual([`http://mock:${PORT}/v1`, `http://localhost:${PORT}/v1`, `http://mock:${PORT}/v1`])
  expect(Object.keys(compose.services)).toContain('mock')
  expect(gitlab['contract-tests'].services[0].alias).toBe('mock')
})

test('probes get a 200, and the control API accepts the host names of the service, but not partial ones', async () => {
  await using started = await startMock()
  const statusOf = async (path: string, host: string): Promise<number> =>
    (await sendRaw(started, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).status
  const probes = ['startupProbe', 'readinessProbe', 'livenessProbe'].map((name) => container[name].httpGet)
  expect(probes.map(({ path }) => path)).toEqual(['/__mock/livez', '/__mock/readyz', '/__mock/livez'])
  for (const { path, port } of probes) {
    expect(port).toBe('http')
    expect(await statusOf(path, `10.1.2.3:${PORT}`)).toBe(200)
  }
  const { name } = service.metadata
  for (const host of [name, `${name}:${PORT}`, `${name}.suites.svc.cluster.local:${PORT}`, 'mock', 'localhost'])
    expect(await statusOf('/__mock/scenarios', host), host).toBe(200)
  for (const host of [`${name}.suites`, `${name}.suites.svc`])
    expect(await statusOf('/__mock/scenarios', host), host).toBe(403)
})

test('a pod has time for preStop and MOCK_GRACE before it is killed', () => {
  const { terminationGracePeriodSeconds, containers } = mock.spec.template.spec
  const sleep = containers[0].lifecycle.preStop.sleep.seconds
  const grace = Number(containers[0].env.find(({ name }: { name: string }) => name === 'MOCK_GRACE').value)
  expect(sleep).toBeGreaterThan(0)
  expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(sleep + grace + 5)
})

test.each(deployments.map((deployment) => [deployment.metadata.name, deployment.spec.template.spec]))(
  'the pods of %s meet the Pod Security Standard restricted, with a read-only root and resource limits',
  (_name, pod) => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: expect.toSatisfy((user: number) => user > 0),
        seccompProfile: { type: 'RuntimeDefault' },
      },
    })
    for (const { securityContext, resources } of pod.containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(resources).toEqual({
        requests: { cpu: expect.any(String), memory: expect.any(String) },
        limits: { memory: expect.any(String) },
      })
    }
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers']) expect(pod).not.toHaveProperty(key)
    for (const volume of pod.volumes ?? []) expect(Object.keys(volume)).toEqual(['name', 'persistentVolumeClaim'])
  },
)

test('services, budgets and policies select the existing pods', () => {
  const labels = deployments.map(({ spec }) => spec.template.metadata.labels)
  const selectors = [
    ...deployments.map(({ spec }) => spec.selector.matchLabels),
    ...ofKind('Service').map(({ spec }) => spec.selector),
    ...ofKind('PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels),
    ...ofKind('NetworkPolicy').map(({ spec }) => spec.podSelector.matchLabels),
  ]
  for (const selector of selectors) expect(labels).toContainEqual(selector)
  expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(
    expect.arrayContaining(
      ['Deployment', 'Service', 'PodDisruptionBudget', 'NetworkPolicy'].map((kind) => `${kind} ${NAME}`),
    ),
  )
  for (const { spec } of ofKind('PodDisruptionBudget'))
    expect(spec.maxUnavailable, 'a node can be drained whatever the replicas').toBe(1)
})

test('pods accept connections only from their namespace, and cannot connect to anything', () => {
  for (const { metadata } of deployments) {
    const policy = ofKind('NetworkPolicy').find(
      ({ spec }) => spec.podSelector.matchLabels['app.kubernetes.io/name'] === metadata.name,
    )
    expect(policy.spec).toMatchObject({ policyTypes: ['Ingress', 'Egress'], egress: [] })
    for (const { from } of policy.spec.ingress)
      for (const peer of from) expect(Object.keys(peer)).toEqual(['podSelector'])
  }
})

test('with Redis there are two mocks, which can connect only to Redis and DNS', () => {
  const [patch, policy] = documents('deploy/kubernetes/redis/mock.yaml')
  expect([patch.metadata.name, policy.metadata.name]).toEqual([NAME, NAME])
  expect(patch.spec.replicas).toBeGreaterThan(1)
  const store = ofKind('Service').find(({ metadata }) => metadata.name !== NAME)
  const [{ port }] = store.spec.ports
  expect(patch.spec.template.spec.containers).toEqual([
    { name: container.name, env: [{ name: 'MOCK_STORE', value: `redis://${store.metadata.name}:${port}` }] },
  ])
  const [toStore, toNames, ...others] = policy.spec.egress
  expect(toStore).toEqual({ to: [{ podSelector: { matchLabels: store.spec.selector } }], ports: [{ port }] })
  expect(toNames.ports.map((one: any) => one.port)).toEqual([53, 53])
  expect(others).toEqual([])
  const guard = ofKind('NetworkPolicy').find(({ metadata }) => metadata.name === store.metadata.name)
  expect(guard.spec.ingress).toEqual([
    { from: [{ podSelector: mock.spec.selector }], ports: [{ port: store.spec.ports[0].targetPort }] },
  ])

  const { mock: asking, redis } = composeRedis.services
  expect(asking).toEqual({
    depends_on: { redis: { condition: 'service_healthy' } },
    environment: { MOCK_STORE: `redis://redis:${port}` },
  })
  expect(redis.command.join(' ')).toMatch(/--appendonly yes$/)
  expect(redis.volumes).toEqual(['redis-data:/data'])
  const server = deployments.find(({ metadata }) => metadata.name === store.metadata.name)
  const { containers, volumes } = server.spec.template.spec
  expect(containers[0].args.join(' ')).toMatch(/--appendonly yes$/)
  expect([containers[0].volumeMounts, volumes]).toEqual([
    [{ name: 'data', mountPath: '/data' }],
    [{ name: 'data', persistentVolumeClaim: { claimName: ofKind('PersistentVolumeClaim')[0].metadata.name } }],
  ])
  expect(redis.healthcheck.test).toEqual(['CMD', 'redis-cli', 'ping'])
})

test('every file uses the image or package of this version', () => {
  expect(compose.services.mock.image).toBe(`\${CHAT_IMAGE_MOCK:-${NAME}:${version}}`)
  expect(compose.services.tests.image).toBe(compose.services.mock.image)
  expect(gitlab.variables.CHAT_IMAGE_MOCK).toBe(`${NAME}:${version}`)
  expect(action.inputs.version.default).toBe(version)
  const [kustomization] = documents('deploy/kubernetes/base/kustomization.yaml')
  expect(kustomization.images).toEqual([{ name: container.image, newName: NAME, newTag: version }])
})

test('the service tests in compose.yaml waits until the mock is ready, and lists the models', async () => {
  const { depends_on, entrypoint, command } = compose.services.tests
  expect(depends_on).toEqual({ mock: { condition: 'service_healthy' } })
  await using started = await startMock()
  const [program, ...args] = [...entrypoint, ...command].map((text: string) => text.replaceAll('$$', '$'))
  expect(program).toBe('node')
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    timeout: 15_000,
    env: { PATH: process.env['PATH'], OPENAI_BASE_URL: started.baseURL },
  })
  expect(stdout.trim().split('\n')).toContain('gpt-4o-image')
})

const uses = workflows.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/^ *(?:- )?uses: (.+)$/gm)].map(([, text = '']) => ({
    file,
    text,
  })),
)

test('each action is pinned to a commit with its version, the same in every workflow', () => {
  const pins = uses.filter(({ text }) => !text.startsWith('./'))
  expect(pins.length).toBeGreaterThan(10)
  for (const { file, text } of pins) expect(text, file).toMatch(/^[\w-]+\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/)
  const versions = new Set(pins.map(({ text }) => text))
  expect(new Set(pins.map(({ text }) => text.split('@')[0])).size).toBe(versions.size)
})

test('each job has only the permissions that it needs, and GITHUB_TOKEN is the only secret', () => {
  const documentOf = Object.fromEntries(workflows.map((file) => [file, documents(file)[0]]))
  expect(Object.entries(documentOf).map(([, { permissions }]) => permissions)).toEqual(workflows.map(() => ({})))
  const writing = Object.entries(documentOf).flatMap(([file, { jobs }]) =>
    Object.entries<any>(jobs).flatMap(([job, { permissions }]) => {
      const { contents, ...rest } = permissions
      expect(contents, `${file}: ${job}`).toBe('read')
      return Object.keys(rest).length === 0 ? [] : [[`${file}: ${job}`, rest]]
    }),
  )
  expect(Object.fromEntries(writing)).toEqual({
    '.github/workflows/release.yml: npm': { 'id-token': 'write' },
    '.github/workflows/release.yml: image': { packages: 'write', 'id-token': 'write', attestations: 'write' },
  })
  const secrets = workflows.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/secrets\.(\w+)/g)].map(([, name]) => name),
  )
  expect(secrets).toEqual(['GITHUB_TOKEN'])
})

test('the tests run on all supported versions of Node and on three systems before a release', () => {
  const [ci] = documents('.github/workflows/ci.yml')
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const { node, system } = ci.jobs.test.strategy.matrix
  expect(node).toEqual([20, 24, 26])
  expect(engines.node).toMatch(new RegExp(`^>=${Math.min(...node)}\\.`))
  expect(system.map((name: string) => name.split('-')[0])).toEqual(['ubuntu', 'macos', 'windows'])
  expect(ci.jobs.check.steps.map(({ run }: { run?: string }) => run)).toContain('.ci/run')
  const [release] = documents('.github/workflows/release.yml')
  expect([release.jobs.ci.uses, release.jobs.npm.needs, release.jobs.image.needs]).toEqual([
    './.github/workflows/ci.yml',
    'ci',
    'npm',
  ])
  const push = release.jobs.image.steps.find(({ id }: { id?: string }) => id === 'push')
  expect(push.with).toMatchObject({
    push: true,
    sbom: true,
    provenance: 'mode=max',
    platforms: 'linux/amd64,linux/arm64',
  })
})

test('the links of the pages point to existing files', () => {
  for (const page of ['deploy/README.md', 'SECURITY.md', 'docs/threat-model.md']) {
    const links = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)h#][^)#]*)/g)].map(
      ([, link = '']) => link,
    )
    expect(links.length, page).toBeGreaterThan(0)
    expect(
      links.filter((link) => !existsSync(join(root, dirname(page), link))),
      page,
    ).toEqual([])
  }
})

const runStep = (run: string, env: Record<string, string>): ReturnType<typeof spawnSync> =>
  spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
    timeout: 15_000,
  })

test.skipIf(process.platform === 'win32')('the workflow reports that the name of the image is empty', () => {
  const { steps } = workflow.jobs.image
  expect(workflow.jobs.service.needs).toBe('image')
  const empty = runStep(steps[0].run, { IMAGE: '' })
  expect([empty.status, empty.stdout]).toEqual([1, expect.stringContaining('The variable CHAT_IMAGE_MOCK is empty.')])
  expect(runStep(steps[0].run, { IMAGE: 'x' }).status).toBe(0)
})
