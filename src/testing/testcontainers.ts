import type { RestartOptions, StartedTestContainer } from 'testcontainers'
import { AbstractStartedContainer, GenericContainer, Wait } from 'testcontainers'
import { connectMock } from '../mock/create-mock.ts'
import type { ConnectOptions } from '../mock/options.ts'
import type { Mock } from '../mock/session.ts'
import { CONTROL } from '../app/context.ts'

const PORT = 4010 // of the mock in the image
const STARTUP_TIMEOUT = 30_000 // milliseconds
/** Timeout of a probe and pause between two, in milliseconds. The default of 1 s is longer than the mock's start. */
const PAUSE = 500

/**
 * A mock in a container. The image must have the version of this package. Configure it with environment variables.
 * If `MOCK_CONTROL_TOKEN` is set, `start` connects with this token.
 * @example
 * const image = 'chat-image-mock:0.1.0'
 * const container = await new ChatImageMockContainer(image).withEnvironment({ MOCK_PACE: 'real' }).start()
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
   * Starts the container and connects to its mock. Throws an Error and stops the container if the mock exits (the
   * message contains its output), is not ready within 30 seconds, or has another version than this package.
   */
  override async start(): Promise<StartedChatImageMockContainer> {
    const started = await super.start()
    const { MOCK_CONTROL_TOKEN: controlToken } = this.environment
    const reach = async (): Promise<Mock> => connect(started, controlToken === undefined ? {} : { controlToken })
    return new StartedChatImageMockContainer(started, await reach(), reach)
  }
}

/**
 * A mock that is running in a container.
 * @example
 * await using container = await new ChatImageMockContainer('chat-image-mock:0.1.0').start()
 * console.log(container.baseURL, await container.mock.pending())
 */
export class StartedChatImageMockContainer extends AbstractStartedContainer {
  readonly #reach: () => Promise<Mock>
  #mock: Mock

  /** `reach` connects again after a restart. */
  constructor(started: StartedTestContainer, mock: Mock, reach: () => Promise<Mock>) {
    super(started)
    this.#mock = mock
    this.#reach = reach
  }

  /** The mock, with its scripts, recorded requests and sessions. It is closed when the container stops. */
  get mock(): Mock {
    return this.#mock
  }

  /** URL of the mock for this process, without a trailing slash. */
  get url(): string {
    return this.#mock.url
  }

  /** Base URL for an OpenAI client. */
  get baseURL(): string {
    return this.#mock.baseURL
  }

  /** Restarts the container. Its data is lost, its port changes, and `mock` is a new Mock. */
  override async restart(options?: Partial<RestartOptions>): Promise<void> {
    await this.#mock.close()
    await super.restart(options)
    this.#mock = await this.#reach()
  }

  protected override async containerStopping(): Promise<void> {
    await this.#mock.close()
  }
}

// Stops the container if its mock cannot be reached.
async function connect(started: StartedTestContainer, options: ConnectOptions): Promise<Mock> {
  const url = `http://${started.getHost()}:${started.getMappedPort(PORT)}`
  return connectMock(url, options).catch(async (error: unknown) => {
    await started.stop()
    throw error
  })
}
