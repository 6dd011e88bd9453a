import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The suites in the unified format that the store is held against. */
export const SUITES = [
  'crud',
  'transactions',
  'sessions',
  'retryable-writes',
  'index-management',
  'collection-management',
] as const;

/**
 * The folder with MongoDB's specification tests: MONGO_SPECS_DIR, or `shared/data/mongodb-specs` beside the
 * project. `undefined` when there is none: the data is never part of the project.
 * @throws when MONGO_SPECS_DIR names a folder that does not exist.
 */
export function specsFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const given = env.MONGO_SPECS_DIR;
  if (given !== undefined && given !== '') {
    if (!existsSync(given)) throw new Error(`MONGO_SPECS_DIR names ${given}, which does not exist`);
    return given;
  }
  const beside = fileURLToPath(new URL('../../../../../shared/data/mongodb-specs', import.meta.url));
  return existsSync(beside) ? beside : undefined;
}
