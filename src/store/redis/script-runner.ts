import { randomBytes } from 'node:crypto'
import { StoreForgotten, StoreUnavailable } from '../store.ts'
import { type ConnectionOptions, type Send, type ToArgs, Connection } from './connection.ts'
import { toList } from './replies.ts'
import type { Program, toPrograms } from './scripts.ts'
import { StoreClock } from './store-clock.ts'

/** What a ScriptRunner needs. */
export interface ScriptRunnerOptions extends Omit<ConnectionOptions, 'greet'> {
  /** Prefix of all keys. */
  readonly prefix: string
  readonly programOf: ReturnType<typeof toPrograms>
}

/** A call of a script. Its token makes it idempotent. */
interface Call {
  readonly program: Program
  readonly session: string
  readonly values: readonly (string | Buffer)[]
  readonly token: string
}

/** The scripts that are undone when their reply does not arrive, because the request or the caller gets an error. */
const UNDONE: ReadonlySet<Program> = new Set(['take', 'count', 'record', 'script'])
/** How often a script is sent that the store refused to run: because it was late, or the mock did not know the epoch. */
const TRIES = 5
/** The deadline of a script that may run late: it does nothing the second time. */
const NEVER = '1e300'

/**
 * Runs scripts in a store. A script carries a token, so that it is done once even if it is sent twice.
 *
 * A script does not run when nobody waits for its reply any more: it has a deadline. If it ran and the reply did not
 * arrive in time, it is undone before the connection is used again.
 *
 * The store has an epoch, which changes when it has lost data, and a last id, which grows with each write. Each script
 * carries the epoch that this process knows. A greeting compares both with those of the store.
 */
export class ScriptRunner {
  readonly #options: ScriptRunnerOptions
  readonly #connection: Connection
  readonly #clock = new StoreClock()
  /** Prefix of the tokens of this process. */
  readonly #self = randomBytes(12).toString('base64url')
  #commands = 0
  #epoch = '0'
  #lastId = 0
  #reportedEpoch = ''
  readonly #abandoned: Call[] = []
  #greeting: Promise<void> | undefined

  constructor(options: ScriptRunnerOptions) {
    this.#options = options
    this.#connection = new Connection({ ...options, greet: async (send) => this.#greet(send) })
  }

  /** Resolves when the store was greeted, or after a second. */
  async connect(): Promise<void> {
    await this.#connection.open()
  }

  close(): void {
    this.#connection.close()
  }

  /** Sends a command that only reads. `command` are the command options of @redis/client. */
  async send(args: readonly string[], command: object): Promise<unknown> {
    return this.#connection.send(() => args, { command })
  }

  /**
   * Runs a script and returns its reply. `undoing` are its arguments if it must be undone. Rejects with
   * StoreUnavailable, with StoreForgotten, or with the store's error.
   */
  async run(call: Omit<Call, 'token'>, undoing: Call['values'] = call.values): Promise<unknown> {
    const token = `${this.#self}${this.#commands++}`
    const onAbandoned = (): void => {
      if (UNDONE.has(call.program)) this.#abandoned.push({ ...call, values: undoing, token })
    }
    const send: Send = async (toArgs) => this.#connection.send(toArgs, { onAbandoned })
    for (let tries = 1; ; tries++) {
      try {
        return await this.#eval(send, { ...call, token })
      } catch (error) {
        const [word, time] = error instanceof Error ? error.message.split(' ') : []
        if (word === 'FORGOTTEN') throw this.#toForgotten()
        if (word !== 'LATE' && word !== 'EPOCH') throw error
        if (tries === TRIES) throw new StoreUnavailable(`the store at ${this.#options.location} is too slow`)
        if (word === 'LATE') this.#clock.learn(Number(time))
        else await this.#greetOnce()
      }
    }
  }

  // Runs a script and returns its own reply. It fails with LATE after the deadline, and with EPOCH in another epoch.
  async #eval(send: Send, { program, session, values, token }: Call): Promise<unknown> {
    const { prefix, programOf } = this.#options
    const { sha, source } = programOf(program)
    const toArgs: ToArgs = (timeToRun) => {
      if (program === 'hello') return ['1', prefix, token, session, '', NEVER, this.#epoch, String(this.#lastId)]
      const deadline = program === 'undo' ? NEVER : String(this.#clock.in(timeToRun))
      return ['1', prefix, token, session, this.#epoch, deadline, ...values]
    }
    const reply = send((time) => ['EVALSHA', sha, ...toArgs(time)]).catch(async (error: unknown) => {
      if (error instanceof Error && error.message.startsWith('NOSCRIPT'))
        return send((time) => ['EVAL', source, ...toArgs(time)])
      throw error
    })
    const [id, own] = toList(await reply)
    this.#lastId = Math.max(this.#lastId, Number(id))
    return own
  }

  // All commands that fail because of the epoch wait for the same greeting.
  async #greetOnce(): Promise<void> {
    this.#greeting ??= this.#greet(async (toArgs) => this.#connection.send(toArgs)).finally(() => {
      this.#greeting = undefined
    })
    await this.#greeting
  }

  // Learns the epoch and the time of the store, and undoes what was abandoned.
  async #greet(send: Send): Promise<void> {
    const hello = { program: 'hello', session: '', values: [], token: '' } as const
    const [epoch, isLost, time] = toList(await this.#eval(send, hello)).map(String)
    this.#clock.learn(Number(time))
    this.#epoch = epoch ?? ''
    if (isLost === '1' && this.#epoch !== this.#reportedEpoch) {
      this.#reportedEpoch = this.#epoch
      this.#options.onLost(this.#toForgotten())
    }
    await this.#undo(send)
  }

  async #undo(send: Send): Promise<void> {
    const abandoned = this.#abandoned.splice(0)
    const undo = async ({ program, session, values, token }: Call): Promise<unknown> =>
      this.#eval(send, { program: 'undo', session, values: [program, token, ...values], token: '' })
    await Promise.all(abandoned.map(undo)).catch((error: unknown) => {
      this.#abandoned.push(...abandoned)
      throw error
    })
  }

  #toForgotten(): StoreForgotten {
    const time = new Date(Number(this.#epoch) / 1000).toISOString()
    return new StoreForgotten(`the store at ${this.#options.location} has lost data, which was noticed at ${time}`)
  }
}
