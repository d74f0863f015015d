import type { JsonValue } from '../util/json.ts'
import type { Operation } from '../openapi/operation.ts'
import type { Recipe } from '../images/recipe.ts'
import type { RequestContext as Trace } from './context.ts'
import type { Chosen } from '../scenarios/choose.ts'
import type { Recall, Recalled } from './recall.ts'

/** A request that its contract has checked. */
export interface CheckedRequest {
  readonly operation: Operation
  readonly path: Readonly<Record<string, string>>
  readonly body: JsonValue | undefined
  /** What its body is recalled by, where that was read as JSON: the same bytes as text say something else. */
  readonly key: string | undefined
  /** How one with the same bytes was read. */
  readonly recalled: Recalled | undefined
  /** What links begin with. */
  readonly base: string
  readonly pace: number
  /** Draws a picture, unless who asked is gone. */
  readonly render: (recipe: Recipe) => Promise<Uint8Array>
  readonly recall: Recall
  readonly trace: Trace
  /** The Scenario that its headers ask for. */
  readonly asked: Chosen | undefined
}
