import type { Format } from './recipe.ts'

/** The media type of each format. */
export const MEDIA_TYPES: Readonly<Record<Format, string>> = { png: 'image/png', jpg: 'image/jpeg', webp: 'image/webp' }
