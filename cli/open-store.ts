import { join } from 'node:path';
import type { Database } from '#mongo/connect.ts';
import { dataDirectory, type Environment, StartError } from '#server/config.ts';
import { readAuthorities } from '#server/secrets/tls-files.ts';

const embedded = 'embedded:';

/** The authorities of HEDDLE_TLS_CA, as of the start of the command. */
function readTrusted({ HEDDLE_TLS_CA: file }: Environment): (() => string) | undefined {
  if (file === undefined) return undefined;
  const authorities = readAuthorities(file, 'HEDDLE_TLS_CA');
  return () => authorities;
}

/**
 * The database of the mesh, for a command beside it; where another process runs the embedded store of the data directory, through
 * that one's socket. Refuses a data directory without a store: a mistyped one must not pass for an empty one.
 */
export async function openStoreBeside(environment: Environment): Promise<Database> {
  const url = environment.MONGO_URL ?? `${embedded}${join(dataDirectory(environment), 'store')}`;
  if (url.startsWith(embedded)) return openDirectoryBeside(url.slice(embedded.length));
  const { openDatabase } = await import('#mongo/connect.ts');
  return openDatabase(url, { ca: readTrusted(environment) });
}

/** Another process has the store, and this one cannot reach it. */
export class StoreElsewhere extends StartError {}

/** The embedded store of this directory, as `openStoreBeside` opens it. */
export async function openDirectoryBeside(dir: string): Promise<Database> {
  const { holdsStore } = await import('@heddle/embedded-store/backup');
  if (!(await holdsStore(dir)))
    throw new StartError(`${dir} holds no store: set HEDDLE_DATA_DIR to the directory of the mesh`);
  const [{ openDatabase }, { DirectoryInUse }, { storeSocketUri }] = await Promise.all([
    import('#mongo/connect.ts'),
    import('@heddle/embedded-store/lock'),
    import('@heddle/embedded-store'),
  ]);
  try {
    return await openDatabase(`${embedded}${dir}`);
  } catch (error) {
    if (!(error instanceof DirectoryInUse)) throw error;
    try {
      return await openDatabase(`${storeSocketUri(dir)}&serverSelectionTimeoutMS=5000`);
    } catch (cause) {
      // Any error: whatever it is, this process cannot reach the store.
      throw new StoreElsewhere(`another process serves the store of ${dir}, and has no socket there`, {
        cause,
      });
    }
  }
}
