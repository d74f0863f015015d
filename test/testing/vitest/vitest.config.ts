import { defineConfig } from 'vitest/config'

/** Tests that are meant to fail: test/testing/vitest.test.ts runs them. */
export default defineConfig({ test: { include: ['failing.ts'], root: import.meta.dirname, reporters: 'json' } })
