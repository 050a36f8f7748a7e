import { defineConfig } from 'vitest/config';

const timeouts = { testTimeout: 180_000, hookTimeout: 180_000 };
const setupFiles = ['test/support/run/properties-setup.ts'];

// Only what needs the database servers waits for them: `vitest run test/unit` starts none.
export default defineConfig({
  test: {
    // Most of the tests wait more than they compute: for servers to start, to die and to come back.
    maxWorkers: 3,
    // With KEEP_DATABASES, a run ends when its user has seen enough.
    ...(process.env['KEEP_DATABASES'] ? { teardownTimeout: 2 ** 31 - 1 } : {}),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles,
          // One process loads a module once for all files: half of the time would go into loading it again.
          isolate: false,
          ...timeouts,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/{integration,e2e}/**/*.test.ts'],
          setupFiles,
          globalSetup: [
            'test/support/run/prerequisites-setup.ts',
            'test/support/databases/setup.ts',
            'test/support/kafka/setup.ts',
          ],
          ...timeouts,
        },
      },
    ],
  },
});
