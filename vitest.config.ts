import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BRIEF, unwatched } from './runtime/brief.js';

export default defineConfig({
  test: {
    pool: 'forks',
    execArgv: [BRIEF, ...unwatched(fileURLToPath(new URL('dist', import.meta.url)))],
    // Files of a stage follow each other in one process: what they import, and the server they test on, stays warm.
    isolate: false,
    include: ['tests/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: { TZ: 'UTC' },
  },
});
