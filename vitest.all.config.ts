import { defineConfig } from 'vitest/config'

/** Tests that measure time or memory, or stop a store: no other test may run beside them. */
const ALONE = ['test/{bench,store}/**/*.all.test.ts']

/**
 * The tests that `npm test` does not run, because they start other programs: the packed package, other versions of
 * Node, a browser, Python clients, the recipes, Redis, the container image.
 */
export default defineConfig({
  test: {
    globalSetup: 'test/setup.ts',
    testTimeout: 300_000,
    hookTimeout: 300_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.all.test.ts'],
          exclude: ALONE,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
})
