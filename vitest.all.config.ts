import { defineConfig } from 'vitest/config'

/**
 * The tests that `npm test` does not run, because they start other programs: the packed package, other versions of
 * Node, a browser, Python clients, the recipes, Redis, the container image.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.all.test.ts'],
    globalSetup: 'test/setup.ts',
    fileParallelism: false, // they use the same build
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
