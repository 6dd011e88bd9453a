import type { TestProject } from 'vitest/node';
import { startOneProcess } from './mesh.ts';

/** Before the first of the files that share a mesh it starts, and after the last it ends. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mesh = await startOneProcess({
    // They have hundreds of requests refused, from one address.
    HEDDLE_REFUSALS_PER_SECOND: '1000',
    // Each has providers of its own.
    HEDDLE_COUNT_LIMITS: 'providers=1000',
  });
  project.provide('mesh', { url: mesh.url, adminKey: mesh.adminKey });
  return async () => mesh[Symbol.asyncDispose]();
}
