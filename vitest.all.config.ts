import { defineConfig } from 'vitest/config'

/** What `npm test` leaves out: the packed package, other Nodes, the browser, clients in Python, the recipes, a Redis, the container's image and whatever else starts programs of others. */
export default defineConfig({
  test: {
    include: ['test/**/*.all.test.ts'],
    globalSetup: 'test/setup.ts',
    fileParallelism: false, // they build, and share the build
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
