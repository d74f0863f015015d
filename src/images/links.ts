import type { Name, Recipe } from './recipe.ts'
import { encodeRecipe, toRecipe } from './recipe.ts'

/** The paths of the links that hold a picture, each with the name and the file of a Recipe behind it. */
export const PICTURE_PATHS = { picture: '/cdn', download: '/cdn/download', raw: '/raw' } as const
/** The paths of the links that hold a task, each with its id and the name of its first picture's Recipe behind it. */
export const TASK_PATHS = { page: '/web', source: '/source' } as const

/** The links of one Recipe, with its name. */
export interface Links extends Name {
  readonly picture: string
  readonly download: string
  readonly raw: string
  readonly page: (task: string) => string
  readonly source: (task: string) => string
}

/** A Recipe's links; `base` is what they begin with: a scheme, a host and, where our paths have moved, a prefix. */
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

/** The Recipe that a name and a file name together hold; undefined unless both are exactly as `toLinks` writes them. */
export function readFile(name: string, file: string): Recipe | undefined {
  const found = toRecipe(name)
  return found !== undefined && file === `${found.fingerprint}.${found.recipe.format}` ? found.recipe : undefined
}

/** The Recipe that a picture's URL holds, on whatever host; undefined for a URL that is not ours. */
export function readUrl(url: string): Recipe | undefined {
  const [, name = '', file = ''] =
    /\/(?:cdn|cdn\/download|raw)\/(1[\w-]{1,1499})\/([\da-f]{30}\.[a-z]{3,4})$/.exec(url.split(/[?#]/, 1)[0] ?? '') ??
    []
  return name === '' ? undefined : readFile(name, file)
}
