export type { ListenOptions, Mock } from './mock.ts'
export type { MockOptions } from './server/options.ts'
export type { Exchange, Timer } from './server/settings.ts'
export { createMock, startMock } from './mock.ts'
