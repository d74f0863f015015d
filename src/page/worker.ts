// A SharedWorker: all tabs of a browser share one event stream. The browser ends it with its last tab.
import { type Connection, type LiveMessage, follow } from './events.ts'

const EVENTS = new URL('../events', import.meta.url).href

const ports = new Set<MessagePort>()
let connection: Connection | undefined
let stop = new AbortController()

function tell(message: LiveMessage): void {
  if ('connection' in message) ({ connection } = message)
  for (const port of ports) port.postMessage(message)
}

// A tab sends the headers when it opens, again when the user has entered a token, and null when it is closed.
function listen(port: MessagePort): void {
  let isFirst = true
  port.addEventListener('message', ({ data }: MessageEvent<Record<string, string> | null>) => {
    if (data === null) {
      ports.delete(port)
      return
    }
    const isRunning = connection !== undefined
    ports.add(port)
    if (isFirst && isRunning) {
      port.postMessage({ connection })
    } else {
      stop.abort()
      stop = new AbortController()
      void follow(EVENTS, { headers: data, signal: stop.signal, tell })
    }
    isFirst = false
  })
  port.start()
}

addEventListener('connect', (event) => {
  if (event instanceof MessageEvent) event.ports.forEach(listen)
})
