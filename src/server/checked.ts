import type { JsonValue } from '../contract/json.ts'
import type { Operation } from '../contract/operation.ts'
import type { Recipe } from '../image/recipe.ts'
import type { Trace } from '../journal/trace.ts'
import type { Chosen } from '../scenario/choose.ts'
import type { Recall } from './recall.ts'

/** A request that its contract has checked. */
export interface CheckedRequest {
  readonly operation: Operation
  readonly path: Readonly<Record<string, string>>
  readonly body: JsonValue | undefined
  /** The body as it came, where it was read as JSON: the same bytes as text say something else. */
  readonly bytes: Buffer | undefined
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
