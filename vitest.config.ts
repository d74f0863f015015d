import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.all.test.ts'],
    globalSetup: 'test/setup.ts',
    setupFiles: 'test/trap.ts',
    testTimeout: 40_000,
    maxWorkers: availableParallelism() + 2, // many tests wait for sockets and other programs
  },
})
