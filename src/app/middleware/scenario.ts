import { chooseScenario } from '../../scenarios/choose.ts'
import type { AppHandler } from '../context.ts'

/** Chooses the scenario of a request: by header, prompt, script, its own `when`, option, or chance. */
export function scenario(): AppHandler {
  return async (c, next) => {
    const context = c.get('context')
    const mock = c.get('mock')
    if (context.operation === undefined) return next() // the path does not match this route's template
    const { choice, nearMisses, notes, generation } = await chooseScenario(
      {
        session: context.session,
        chat: context.chat,
        header: c.req.header('x-mock-scenario'),
        prefer: c.req.header('prefer'),
      },
      mock,
    )
    context.choice = choice
    context.nearMisses = nearMisses
    context.generation = generation
    context.notes.push(...notes)
    await next()
  }
}
