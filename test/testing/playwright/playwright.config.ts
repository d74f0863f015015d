import { defineConfig } from '@playwright/test'

const args = ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update']

/** Tests that test/testing/playwright.all.test.ts runs. Some of them fail on purpose. */
export default defineConfig({
  testDir: import.meta.dirname,
  outputDir: process.env['OUTPUT'] ?? 'test-results',
  reporter: 'json',
  fullyParallel: true,
  workers: 2,
  projects: [
    {
      name: 'browser',
      testIgnore: 'api.spec.ts',
      use: { launchOptions: { executablePath: '/usr/bin/chromium', args } },
    },
    { name: 'no browser', testMatch: 'api.spec.ts', use: { launchOptions: { executablePath: '/missing/chromium' } } },
  ],
})
