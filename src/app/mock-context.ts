import { createPictureCache, renderPicture } from '../images/picture-cache.ts'
import { isMeant } from '../chat/profile.ts'
import { createRecorder } from '../journal/recorder.ts'
import { overlaps } from '../openapi/path-template.ts'
import { type MockContext, CONTROL } from './context.ts'
import { createLabels } from './metrics.ts'
import { modelsOf } from './routes/operations.ts'
import { createChatReader } from './routes/chat.ts'
import { LINK_PATHS } from './routes/links.ts'
import type { Settings } from './settings.ts'

type Models = Readonly<Record<'models' | 'families', readonly string[]>>

/** What an app needs in addition to its settings. */
type Surroundings = Pick<MockContext, 'isReady' | 'closing' | 'ending'>

/** Creates the context of an app. If the user's contract has one of the mock's own paths, these move to `/__mock`. */
export function createMockContext(settings: Settings, surroundings: Surroundings): MockContext {
  const onFault = guarded(settings.onFault, () => {})
  const onExchange = settings.onExchange && guarded(settings.onExchange, onFault)
  const onStream = settings.onStream && guarded(settings.onStream, onFault)
  const { contract, packaged, scenarios, store, ownScenarios } = settings
  const { values: models, titles: families } = modelsOf(settings)
  const names = [...scenarios.keys()]
  const allScenarios = contract === packaged ? names : ownScenarios
  const targets = { contract, models, families, scenarios: names, allScenarios }
  const clashes = contract.operations.some(({ path }) => LINK_PATHS.some((ours) => overlaps(path, ours)))
  const prefix = clashes ? CONTROL : ''
  return {
    ...settings,
    ...surroundings,
    onFault,
    onExchange,
    onStream,
    targets,
    record: createRecorder({ store, targets, onFault, contract, prefix }),
    prefix,
    admission: admissionOf(settings, targets),
    readChat: createChatReader(settings),
    pictures: createPictureCache(renderPicture, settings.metrics.pictures),
    labelsOf: createLabels(scenarios, targets),
  }
}

// A contract without models accepts all.
function admissionOf({ gateway, errors }: Settings, { models, families }: Models): MockContext['admission'] {
  if (gateway === undefined || errors === 'openai') return undefined
  const known = [...models, ...families]
  const isKnown = (model: string): boolean => known.length === 0 || known.some((name) => isMeant(name, model))
  return { dialect: errors, build: gateway, isKnown, known }
}

/** Wraps a function of the user: what it throws goes to `onError` and changes no response. */
export function guarded<T>(call: (value: T) => void, onError: (error: unknown) => void): (value: T) => void {
  return (value) => {
    try {
      call(value)
    } catch (error) {
      onError(error)
    }
  }
}
