export type { ListenOptions, Mock, MockOptions } from './mock.ts'
export type { Exchange, Timer } from './server/settings.ts'
export { createMock, startMock } from './mock.ts'
