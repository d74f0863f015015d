export type { ListenOptions, Mock, MockOptions } from './mock.ts'
export { createMock, startMock } from './mock.ts'
