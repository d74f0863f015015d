import type { Step } from '../step.ts'
import { dataUri } from './data-uri.ts'
import {
  actionFailed,
  brokenTask,
  contentViolation,
  inputModeration,
  outputModeration,
  rateLimitProse,
  unavailable,
  upstreamFailed,
} from './failure.ts'
import { gallery } from './gallery.ts'
import { imagesField } from './images-field.ts'
import { lite } from './lite.ts'
import { markdown } from './markdown.ts'
import type { Subject } from './style-helpers.ts'
import { progressLog } from './progress-log.ts'
import { promptJson } from './prompt-json.ts'
import { reasoning } from './reasoning.ts'
import { sketchLog } from './sketch-log.ts'
import { stepLog } from './step-log.ts'
import { taskLog } from './task-log.ts'

/** One way of writing an answer: the deltas between the one that names the assistant and the one that finishes. */
export type Style = (subject: Subject) => Step[] | Promise<Step[]>

/** Every Style, by the name that fixtures/profiles.yaml calls it; those that begin with `failed-` hold no picture. */
export const styles = {
  'progress-log': progressLog,
  'task-log': taskLog,
  lite,
  markdown,
  'data-uri': dataUri,
  'images-field': imagesField,
  reasoning,
  'step-log': stepLog,
  'prompt-json': promptJson,
  gallery,
  'sketch-log': sketchLog,
  'failed-input-moderation': inputModeration,
  'failed-output-moderation': outputModeration,
  'failed-rate-limit': rateLimitProse,
  'failed-task': brokenTask,
  'failed-unavailable': unavailable,
  'failed-violation': contentViolation,
  'failed-action': actionFailed,
  'failed-upstream': upstreamFailed,
} as const satisfies Record<string, Style>

export type StyleName = keyof typeof styles
