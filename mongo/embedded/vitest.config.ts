import { defineConfig } from 'vitest/config';

const report = process.env.HEDDLE_TEST_REPORT;

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    pool: 'forks',
    // Files share a process and its modules.
    isolate: false,
    maxWorkers: 2,
    // A run is to be repeatable; HEDDLE_TEST_SEED=$RANDOM tries inputs that no run has tried.
    env: { HEDDLE_TEST_SEED: process.env.HEDDLE_TEST_SEED ?? '2026' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
