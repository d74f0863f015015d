import type { AnswerOptions } from '../../chat/answer.ts'
import { toAnswer } from '../../chat/answer.ts'
import { profileOf } from '../../chat/profile.ts'
import { toReply } from '../../chat/reply.ts'
import { styles } from '../../chat/styles/styles.ts'
import { encodeRecipe } from '../../images/recipe.ts'
import type { ScenarioSubject } from '../../scenarios/apply.ts'
import type { Reply } from '../../util/reply.ts'
import { isGone } from '../client.ts'
import type { AppContext } from '../context.ts'

/** Answers a chat request in the manner of its model. */
export async function createChatCompletion(c: AppContext): Promise<Reply> {
  const { chat, pace } = c.get('context')
  if (chat === undefined) throw new TypeError('a chat request is read before it is answered')
  return toReply(chat, await toAnswer(chat, answerOptions(c)), pace)
}

/** What a scenario edits of a chat request; undefined where it is none, or could not be read. */
export function chatSubject(c: AppContext): ScenarioSubject['chat'] {
  const { chat: request, pace } = c.get('context')
  return request === undefined ? undefined : { request, pace, answering: answerOptions(c) }
}

function answerOptions(c: AppContext): AnswerOptions {
  const context = c.get('context')
  const mock = c.get('mock')
  const { style, task, prose } = profileOf(mock.profiles, context.chat?.model ?? '')
  return {
    write: styles[style],
    task,
    prose,
    created: Math.floor(mock.clock() / 1000),
    render: async (recipe) => mock.pictures({ name: encodeRecipe(recipe).name, recipe, isGone: () => isGone(c) }),
  }
}
