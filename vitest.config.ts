import { defineConfig } from 'vitest/config';

const timeouts = { testTimeout: 180_000, hookTimeout: 180_000 };

// Only what needs the database servers waits for them: `vitest run test/unit` starts none.
export default defineConfig({
  test: {
    // Most of the tests wait more than they compute: for servers to start, to die and to come back.
    maxWorkers: 3,
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], ...timeouts } },
      {
        test: {
          name: 'system',
          include: ['test/{integration,e2e}/**/*.test.ts'],
          globalSetup: ['test/support/databases/setup.ts', 'test/support/kafka/setup.ts'],
          ...timeouts,
        },
      },
    ],
  },
});
