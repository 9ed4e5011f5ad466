import { defineConfig } from 'vitest/config';

// The tests run on the compiled output: what is tested is what is shipped, worker scripts included.
export default defineConfig({
  test: {
    include: ['dist/**/*.test.js'],
    testTimeout: 120_000,
    pool: 'forks',
    // Left alone, Vitest keeps one processor free, which on a machine with two doubles the time.
    maxWorkers: '100%',
  },
});
