import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { ApiError } from '../../errors/api-error.ts'
import { toLinks } from '../../images/links.ts'
import { type Placeholder, readPlaceholder } from '../../images/read-placeholder.ts'
import { decodeRecipe, MEDIA_TYPES } from '../../images/recipe.ts'
import { ORIGINS } from '../../scenarios/scenario.ts'
import { toColumns } from '../../util/columns.ts'
import { type ModelEntry, type ScenarioEntry, modelEntries, scenarioEntries } from '../catalogue-entries.ts'
import { type MockContext, CONTROL } from '../context.ts'
import { type ControlEnv, rejectInvalid, wantsText } from './control-env.ts'
import { json, text } from './control-routes.ts'

/** A picture of the mock. */
export interface PictureEntry {
  /** The mock's path of the picture. */
  readonly path: string
  readonly mediaType: string
  /** Size of the file, in bytes. */
  readonly bytes: number
  /** What `readPlaceholder` returns. */
  readonly placeholder: Placeholder
}

// These schemas do not validate: they are for the document and the types. The mock writes the entries itself.
const scenario = z.custom<ScenarioEntry>().openapi('Scenario', {
  type: 'object',
  required: ['name', 'about', 'group', 'isCustom', 'effects', 'request'],
  properties: {
    name: { type: 'string' },
    about: { type: 'string' },
    from: { type: 'string', enum: [...ORIGINS] },
    when: { type: 'object' },
    group: { type: 'string' },
    isCustom: { type: 'boolean' },
    effects: { type: 'array', items: { type: 'object' } },
    request: { type: 'object' },
  },
})
const model = z.custom<ModelEntry>().openapi('Model', {
  type: 'object',
  required: ['name', 'profile', 'isCustom', 'style', 'sizes', 'formats', 'references', 'pace', 'evidence', 'sample'],
  properties: {
    name: { type: 'string' },
    profile: { type: 'string' },
    isCustom: { type: 'boolean' },
    style: { type: 'string' },
    sizes: { type: 'array', items: { type: 'string' } },
    formats: { type: 'array', items: { type: 'string' } },
    references: { type: 'string' },
    pace: { type: 'object' },
    evidence: { type: 'object', additionalProperties: { type: 'string' } },
    sample: { type: 'string' },
  },
})
const picture = z.custom<PictureEntry>().openapi('Picture', {
  type: 'object',
  required: ['path', 'mediaType', 'bytes', 'placeholder'],
  properties: {
    path: { type: 'string' },
    mediaType: { type: 'string' },
    bytes: { type: 'integer' },
    placeholder: { type: 'object' },
  },
})

/** The routes that describe scenarios, models and pictures. */
export const catalogueRoutes = {
  scenarios: createRoute({
    method: 'get',
    path: `${CONTROL}/scenarios`,
    summary: 'List the scenarios. With Accept: text/plain, as a table.',
    responses: {
      200: {
        description: 'The scenarios: what a client sees of each, and how to request it',
        content: { 'application/json': { schema: z.object({ scenarios: z.array(scenario) }) }, 'text/plain': text },
      },
    },
  }),
  models: createRoute({
    method: 'get',
    path: `${CONTROL}/models`,
    summary: 'List the models with their facts',
    responses: { 200: json(z.object({ models: z.array(model) }), 'The models and families') },
  }),
  picture: createRoute({
    method: 'get',
    path: `${CONTROL}/pictures/{name}`,
    summary: 'Get the facts of a picture by the name in its path, /cdn/{name}/FILE',
    request: { params: z.object({ name: z.string() }) },
    responses: { 200: json(picture, 'The picture') },
  }),
}

/** Creates these routes with their handlers. */
export function createCatalogueRoutes(mock: MockContext) {
  return new OpenAPIHono<ControlEnv>({ defaultHook: rejectInvalid })
    .openapi(catalogueRoutes.scenarios, (c) => {
      const scenarios = scenarioEntries(mock)
      return wantsText(c)
        ? c.text(`${toColumns(scenarios.map(({ name, about }) => [name, about]))}\n`, 200)
        : c.json({ scenarios }, 200)
    })
    .openapi(catalogueRoutes.models, async (c) => c.json({ models: await modelEntries(mock) }, 200))
    .openapi(catalogueRoutes.picture, async (c) => {
      const { name } = c.req.valid('param')
      const recipe = decodeRecipe(name)?.recipe
      const path = recipe && toLinks(mock.prefix, recipe).picture
      const placeholder = path === undefined ? undefined : readPlaceholder(path)
      if (recipe === undefined || path === undefined || placeholder === undefined) throw new ApiError('unknown_picture')
      const { length } = await mock.pictures({ name, recipe, isGone: c.env.isGone })
      return c.json({ path, mediaType: MEDIA_TYPES[recipe.format], bytes: length, placeholder }, 200)
    })
}
