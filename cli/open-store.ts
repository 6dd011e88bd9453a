import { join } from 'node:path';
import { dataDirectory, type Environment, StartError } from '#server/config.ts';

const embedded = 'embedded:';

/**
 * The database of the mesh, for a command beside it; where another process runs the embedded store of the data directory, through
 * that one's socket. Refuses a data directory without a store: a mistyped one must not pass for an empty one.
 */
export async function openStoreBeside(environment: Environment) {
  const url = environment.MONGO_URL ?? `${embedded}${join(dataDirectory(environment), 'store')}`;
  const dir = url.startsWith(embedded) ? url.slice(embedded.length) : undefined;
  if (dir !== undefined) {
    const { holdsStore } = await import('@heddle/embedded-store/backup');
    if (!(await holdsStore(dir)))
      throw new StartError(`${dir} holds no store: set HEDDLE_DATA_DIR to the directory of the mesh`);
  }
  const [{ openDatabase }, { DirectoryInUse }, { storeSocketUri }] = await Promise.all([
    import('#mongo/connect.ts'),
    import('@heddle/embedded-store/lock'),
    import('@heddle/embedded-store'),
  ]);
  try {
    return await openDatabase(url);
  } catch (error) {
    if (!(error instanceof DirectoryInUse) || dir === undefined) throw error;
    return openDatabase(storeSocketUri(dir));
  }
}
