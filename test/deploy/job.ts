import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { documents, root } from './files.ts'

export const [action] = documents('deploy/github/action.yml')
const file = join(root, 'deploy/github', action.runs.main)

/** What a run of the action has left. */
export interface Run {
  readonly code: number
  readonly log: string
  readonly outputs: Readonly<Record<string, string>>
  /** What it added to the summary of the job. */
  readonly summary: string
}

/** A job that uses the action, as GitHub's runner runs it. Disposing it kills its mocks. */
export interface Job extends AsyncDisposable {
  /** RUNNER_TEMP, which is empty when a job starts. */
  readonly temp: string
  /** Runs a step with these inputs and environment variables. Missing inputs have their default values. */
  readonly step: (inputs?: Record<string, string>, env?: Record<string, string>) => Promise<Run>
  /** Runs what comes after the last step: the post step of each step, in reverse order. */
  readonly end: () => Promise<readonly Run[]>
}

/** Starts a job with these environment variables. */
export function startJob(variables: NodeJS.ProcessEnv): Job {
  const temp = mkdtempSync(join(tmpdir(), 'job-'))
  const posts: (() => Promise<Run>)[] = []
  let count = 0

  async function run(env: Record<string, string>, state: Record<string, string>): Promise<[Run, typeof state]> {
    const number = count++
    const files = Object.fromEntries(
      ['OUTPUT', 'STATE', 'STEP_SUMMARY'].map((name) => [`GITHUB_${name}`, join(temp, `${name}-${number}`)]),
    )
    for (const path of Object.values(files)) writeFileSync(path, '')
    const pairsIn = (name: string): Record<string, string> =>
      Object.fromEntries(
        [...readFileSync(files[name] ?? '', 'utf8').matchAll(/^([\w-]+)=(.*)$/gm)].map(([, key, value]) => [
          key,
          value,
        ]),
      )
    const stateOf = Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]))
    const { code, log } = await new Promise<Pick<Run, 'code' | 'log'>>((done) => {
      const options = {
        env: { PATH: process.env['PATH'], ...variables, ...env, ...stateOf, ...files, RUNNER_TEMP: temp },
      }
      execFile(process.execPath, [file], options, (error, stdout, stderr) =>
        done({ code: Number(error?.code ?? 0), log: stdout + stderr }),
      )
    })
    const summary = readFileSync(files['GITHUB_STEP_SUMMARY'] ?? '', 'utf8')
    return [{ code, log, outputs: pairsIn('GITHUB_OUTPUT'), summary }, pairsIn('GITHUB_STATE')]
  }

  return {
    temp,
    step: async (inputs = {}, env = {}) => {
      const given = Object.entries<any>(action.inputs).map(([name, input]) => [
        `INPUT_${name.toUpperCase()}`,
        inputs[name] ?? input.default,
      ])
      const all = { ...env, ...Object.fromEntries(given) }
      const [result, state] = await run(all, {})
      posts.unshift(async () => (await run(all, state))[0])
      return result
    },
    end: async () => {
      const runs: Run[] = []
      for (const post of posts) runs.push(await post())
      return runs
    },
    [Symbol.asyncDispose]: async () => {
      for (const name of readdirSync(temp)) {
        const running = join(temp, name, 'running.json')
        if (existsSync(running)) process.kill(JSON.parse(readFileSync(running, 'utf8')).pid, 'SIGKILL')
      }
      rmSync(temp, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
