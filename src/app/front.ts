import type { PathTemplate } from '../openapi/path-template.ts'
import type { AppHandler, MockContext } from './context.ts'
import type { Route } from './contract-routes.ts'
import { readThroughGateway } from './middleware/through-gateway.ts'
import { validate } from './middleware/validate.ts'
import { notFound } from './routes/errors.ts'
import { gatewayNotFound } from './routes/gateway-paths.ts'
import { otherMethods } from './routes/other-methods.ts'

/** How requests are checked, and how wrong paths and methods are handled. */
export interface Front {
  readonly check: (route: Route) => AppHandler
  readonly otherMethods: (methods: readonly string[], template: PathTemplate) => AppHandler
  readonly notFound: AppHandler
}

/** The contract's rules, or with the gateway's errors those of the gateway. */
export function frontOf(mock: MockContext): Front {
  const { admission } = mock
  if (admission === undefined) return { check: (route) => validate(route), otherMethods, notFound }
  const handler = gatewayNotFound(mock, admission)
  return {
    check: (route) => {
      if (!route.isChat && !route.isModels) return validate(route) // the gateway has no such operation
      const check = validate(route, async (c) => readThroughGateway(c, route, admission))
      return async (c, next) => (c.req.method === 'HEAD' ? handler(c, next) : check(c, next)) // nor has it HEAD
    },
    // The gateway has no 405.
    otherMethods: (_methods, template) => async (c, next) =>
      template.matches(c.get('context').path) ? handler(c, next) : next(),
    notFound: handler,
  }
}
