import type { Step } from '../step.ts'
import { markdown } from './markdown.ts'
import type { Subject } from './piece.ts'
import { promptJson } from './prompt-json.ts'
import { stepLog } from './step-log.ts'
import { taskLog } from './task-log.ts'

/** One way of writing an answer: the steps between the first chunk, which names the role, and the finish. */
export type Style = (subject: Subject) => Step[]

/** Every Style, by the name that fixtures/profiles.yaml calls it. */
export const styles = { 'task-log': taskLog, 'step-log': stepLog, 'prompt-json': promptJson, markdown } as const satisfies Record<string, Style>

export type StyleName = keyof typeof styles
