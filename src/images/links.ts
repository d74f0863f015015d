import { type Recipe, type RecipeName, decodeRecipe, encodeRecipe, NAME } from './recipe.ts'

/** The paths of a picture's links. The name of its Recipe and its file name follow. */
export const PICTURE_PATHS = { picture: '/cdn', download: '/cdn/download', raw: '/raw' } as const
/** The paths of a task's links. The task's ID and the name of its first picture's Recipe follow. */
export const TASK_PATHS = { page: '/web', source: '/source' } as const

/** The links of one Recipe, and its name. */
export interface Links extends RecipeName {
  readonly picture: string
  readonly download: string
  readonly raw: string
  readonly page: (task: string) => string
  readonly source: (task: string) => string
}

/** The links of a Recipe. `base` is their start: a scheme, a host, and a prefix if our paths have moved. */
export function toLinks(base: string, recipe: Recipe): Links {
  const { name, fingerprint } = encodeRecipe(recipe)
  const path = `${name}/${fingerprint}.${recipe.format}`
  return {
    name,
    fingerprint,
    picture: `${base}${PICTURE_PATHS.picture}/${path}`,
    download: `${base}${PICTURE_PATHS.download}/${path}`,
    raw: `${base}${PICTURE_PATHS.raw}/${path}`,
    page: (task) => `${base}${TASK_PATHS.page}/${task}/${name}`,
    source: (task) => `${base}${TASK_PATHS.source}/${task}/${name}`,
  }
}

/** The Recipe of a name and a file name. Undefined unless both are exactly those of `toLinks`. */
export function decodePath(name: string, file: string): Recipe | undefined {
  const found = decodeRecipe(name)
  return found !== undefined && file === `${found.fingerprint}.${found.recipe.format}` ? found.recipe : undefined
}

const PICTURE_PATH = new RegExp(`/(?:cdn|cdn/download|raw)/(${NAME})/([\\da-f]{30}\\.[a-z]{3,4})$`)

/** The Recipe of a picture's URL with any host. Undefined for other URLs. */
export function decodeUrl(url: string): Recipe | undefined {
  const path = url.split(/[?#]/, 1)[0] ?? ''
  const [, name, file] = PICTURE_PATH.exec(path) ?? []
  return name === undefined || file === undefined ? undefined : decodePath(name, file)
}
