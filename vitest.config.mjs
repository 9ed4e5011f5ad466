import { defineConfig } from 'vitest/config';

// The tests run on the compiled output: what is tested is what is shipped, worker scripts included.
export default defineConfig({
  test: {
    include: ['dist/**/*.test.js'],
    testTimeout: 120_000,
    pool: 'forks',
    // Modules keep no state that a test could disturb: loading them once saves a quarter of the time.
    isolate: false,
    // Left alone, Vitest keeps one processor free, which on a machine with two doubles the time.
    maxWorkers: '100%',
  },
});
