/** A duration: `12 ms`, `3.4 s` or `2 min 5 s`. */
export function toTime(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`
}

/** A number of bytes: `512 B`, `12.3 KB` or `1.2 MB`. */
export function toBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** The local time of day of an ISO 8601 time, with seconds. */
export function timeOfDay(time: string): string {
  return new Date(time).toLocaleTimeString([], { hour12: false })
}
