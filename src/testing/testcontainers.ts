import type { RestartOptions, StartedTestContainer } from 'testcontainers'
import { AbstractStartedContainer, GenericContainer, Wait } from 'testcontainers'
import { connectMock } from '../mock/create-mock.ts'
import type { ConnectOptions } from '../mock/options.ts'
import type { Mock } from '../mock/session.ts'
import { CONTROL } from '../app/routes/control.ts'

/** Where the mock of the image listens. */
const PORT = 4010
/** Milliseconds that it may take from its start until it is ready. */
const STARTUP_TIMEOUT = 30_000
/** Milliseconds for one probe, and from one to the next; the library's own second is longer than the mock needs to start. */
const PAUSE = 500

/**
 * A mock in a container. Its image and this package are of one version. What its flags say, its environment says too; the
 * token of `MOCK_CONTROL_TOKEN` is handed on to the Mock.
 * @example
 * const container = await new ChatImageMockContainer('chat-image-mock:0.1.0').withEnvironment({ MOCK_PACE: 'real' }).start()
 * const client = new OpenAI({ baseURL: container.baseURL, apiKey: 'any' })
 * await container.mock.script('retry-503')
 * await container.stop()
 */
export class ChatImageMockContainer extends GenericContainer {
  constructor(image: string) {
    super(image)
    this.withExposedPorts(PORT)
      .withWaitStrategy(Wait.forHttp(`${CONTROL}/readyz`, PORT, { abortOnContainerExit: true }).withReadTimeout(PAUSE))
      .withStartupTimeout(STARTUP_TIMEOUT)
  }

  /**
   * Starts the container and connects to its mock. An error says what the mock wrote before it ended, that it was not ready
   * in time, or that it is one of another version; the container is gone then.
   */
  override async start(): Promise<StartedChatImageMockContainer> {
    const started = await super.start()
    const { MOCK_CONTROL_TOKEN: controlToken } = this.environment
    const reach = async (): Promise<Mock> => connect(started, controlToken === undefined ? {} : { controlToken })
    return new StartedChatImageMockContainer(started, await reach(), reach)
  }
}

/**
 * A mock that runs in a container.
 * @example
 * await using container = await new ChatImageMockContainer('chat-image-mock:0.1.0').start()
 * console.log(container.baseURL, await container.mock.pending())
 */
export class StartedChatImageMockContainer extends AbstractStartedContainer {
  readonly #reach: () => Promise<Mock>
  #mock: Mock

  /**
   * @param started The container, ready.
   * @param mock The mock in it.
   * @param reach Connects to it again, after a restart.
   */
  constructor(started: StartedTestContainer, mock: Mock, reach: () => Promise<Mock>) {
    super(started)
    this.#mock = mock
    this.#reach = reach
  }

  /** The mock, to script it, to read what was asked, and to open sessions. It is closed when the container stops. */
  get mock(): Mock {
    return this.#mock
  }

  /** Where the mock is for this process, without a slash at its end. */
  get url(): string {
    return this.#mock.url
  }

  /** What an OpenAI client takes as its base URL. */
  get baseURL(): string {
    return this.#mock.baseURL
  }

  /** Starts it anew. It remembers nothing, its port is another one, and `mock` is another Mock. */
  override async restart(options?: Partial<RestartOptions>): Promise<void> {
    await this.#mock.close()
    await super.restart(options)
    this.#mock = await this.#reach()
  }

  protected override async containerStopping(): Promise<void> {
    await this.#mock.close()
  }
}

// A container whose mock cannot be used is of no use: it is stopped.
async function connect(started: StartedTestContainer, options: ConnectOptions): Promise<Mock> {
  try {
    return await connectMock(`http://${started.getHost()}:${started.getMappedPort(PORT)}`, options)
  } catch (error) {
    await started.stop()
    throw error
  }
}
