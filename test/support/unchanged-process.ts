import { afterAll, expect, vi } from 'vitest';

/**
 * Test files share their process. What vitest replaced for a file is put back after it; a file that changed the process
 * by itself fails, as the next one would not run as it does alone.
 */
const readProcess = (): Readonly<Record<string, unknown>> => ({
  ...process.env,
  'the directory': process.cwd(),
  'the exit code': process.exitCode,
  'globalThis.fetch': globalThis.fetch,
});
const before = readProcess();

afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  const after = readProcess();
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  // Names alone: values may be secrets.
  const changed = [...names].filter((name) => before[name] !== after[name]);
  expect(changed, 'Changed in the process, and left so for the next file:').toEqual([]);
});
