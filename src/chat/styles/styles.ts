import type { Step } from '../step.ts'
import {
  actionFailed,
  brokenTask,
  contentViolation,
  inputModeration,
  outputModeration,
  rateLimitProse,
  unavailable,
  upstreamFailed,
} from './failures.ts'
import { dataUri, gallery, imagesField, lite, markdown, promptJson } from './picture-answers.ts'
import { progressLog, reasoning, sketchLog, stepLog, taskLog } from './progress-answers.ts'
import type { Subject } from './style-helpers.ts'

// Tags in comments of src/ and fixtures/profiles.yaml say how we know what a real gateway sends: [S] seen in a public
// source, [M] measured with a real client, [R] vendor documentation, [G] guessed, a rule of this mock.

/** Writes the deltas of a response, without the first one (role) and the last one (finish_reason). */
export type Style = (subject: Subject) => Step[] | Promise<Step[]>

/** All Styles, by their names in fixtures/profiles.yaml. `failed-` styles have no picture. */
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

/** The name of a Style. */
export type StyleName = keyof typeof styles
