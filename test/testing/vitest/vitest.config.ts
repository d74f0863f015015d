import { defineConfig } from 'vitest/config'

/** Tests that fail on purpose. test/testing/vitest.test.ts runs them. */
export default defineConfig({ test: { include: ['failing.ts'], root: import.meta.dirname, reporters: 'json' } })
