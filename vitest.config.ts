import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { leat } from './packages/leat/src/vitest/index.ts';
import { publicEntries, root, workspacePackages } from './scripts/workspace.ts';

// Tests import our packages by their public names and get the source: no build stands between a change and its unit test.
const toSource = workspacePackages()
  .flatMap(publicEntries)
  .map(({ specifier, source }) => ({
    find: new RegExp(`^${specifier}$`),
    replacement: path.join(root, source),
  }));

export default defineConfig({
  plugins: [leat()],
  resolve: { alias: toSource },
  test: {
    // A profile of whoever runs the tests is none of their business.
    env: { LEAT_PROFILE: 'none' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'examples/**/*.test.ts', 'scripts/*.test.ts'],
          testTimeout: 10_000,
        },
      },
      {
        extends: true,
        // These start real processes: two files at a time is what two cores bear.
        test: {
          name: 'system',
          include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          maxConcurrency: 3,
        },
      },
    ],
  },
});
