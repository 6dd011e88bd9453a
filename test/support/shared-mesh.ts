import { inject } from 'vitest';
import type { MeshAddress } from './mesh.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly mesh: MeshAddress;
  }
}

/**
 * The mesh of all files that import this, with no variable that a customer must set: its start takes longer than most of
 * them, and what it compiled for one serves the next. A file works in tenants of its own and with providers and names that
 * no other file uses. One that changes or counts what every tenant sees, or looks at the process, has `startOneProcess`.
 */
export const findSharedMesh = (): MeshAddress => inject('mesh');
