import { GATEWAY_JSON, goJson } from '../../errors/envelopes.ts'
import type { GatewayBuild } from '../../gateway/build.ts'
import type { JsonObject } from '../../util/json.ts'
import type { Reply } from '../../util/reply.ts'

/** The gateway's list of models, in alphabetical order [M]. */
export function gatewayModels(names: readonly string[], { models }: GatewayBuild): Reply {
  return gatewayReply({ data: names.toSorted().map((id) => toEntry(id, models)), ...models.list })
}

/** The gateway's response for one model. It knows few of those in its list: all others do not exist, with status 200 [M]. */
export function gatewayModel(id: string, { models }: GatewayBuild): Reply {
  if (Object.hasOwn(models.known, id)) return gatewayReply(toEntry(id, models))
  const message = `The model '${id}' does not exist`
  return gatewayReply({
    error: { message, type: 'invalid_request_error', param: 'model', code: 'model_not_found' },
  })
}

function toEntry(id: string, { entry, known }: GatewayBuild['models']): JsonObject {
  const fields = Object.entries(entry).map(([name, value]) => [name, value === '{id}' ? id : value])
  const owner = new Map(Object.entries(known)).get(id)
  return { id, ...Object.fromEntries(fields), ...(owner === undefined ? {} : { owned_by: owner }) }
}

function gatewayReply(value: JsonObject): Reply {
  return { status: 200, headers: GATEWAY_JSON, body: goJson(value) }
}
