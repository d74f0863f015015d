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

// How we know what a real gateway sends is marked in the comments, here and in the whole of src/, as in
// fixtures/profiles.yaml: [S] seen in a public source, [M] measured with a real client, [R] documented by the vendor,
// [G] guessed, a rule of this mock.

/** One way of writing an answer: the deltas between the one that names the assistant and the one that finishes. */
export type Style = (subject: Subject) => Step[] | Promise<Step[]>

/** Every Style, by its name in fixtures/profiles.yaml. Those that begin with `failed-` show no picture. */
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
