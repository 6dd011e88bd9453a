import { constants } from 'node:fs';
import { access, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dataDirectory, type Environment } from '#server/config.ts';
import type { Diagnosis } from '../diagnosis.ts';
import { createFindings, type DoctorFinding, describeError } from '../finding.ts';

const { ok, warning, failed, skipped } = createFindings('disk');

const mib = 1024 ** 2;
/** Below it writes will soon fail; below the second there is little room. */
const freeBytesMin = 100 * mib;
const freeBytesLow = 1024 * mib;
const freeInodesMin = 1_000;

/** Types of `statfs` of file systems over a network, which the embedded store is not for: NFS, SMB, SMB2, 9p. */
const networkTypes: ReadonlySet<number> = new Set([0x6969, 0x517b, 0xfe534d42, 0x01021997]);

/** Files of the data directory that only its owner may read. */
const privateFiles = /^(encryption\.key|store\.password|store\.sqlite(-wal|-shm)?)$/;

/** The directory that the embedded store of this configuration is in; undefined: MongoDB is the store. */
export function storeDirectory(environment: Environment): string | undefined {
  const url = environment.MONGO_URL ?? `embedded:${join(dataDirectory(environment), 'store')}`;
  return url.startsWith('embedded:') ? url.slice('embedded:'.length) : undefined;
}

/** Space, inodes, permissions and the file system of the data directory. */
export async function checkDisk({ environment, parts }: Diagnosis): Promise<readonly DoctorFinding[]> {
  const store = storeDirectory(environment);
  const usesDisk = store !== undefined || environment.HEDDLE_ENCRYPTION_KEY === undefined;
  if (!usesDisk || parts.every((part) => part === 'gateway')) return [skipped('no data directory is used')];
  const dir = dataDirectory(environment);
  const there = await findExisting(dir);
  const isThere = there === dir;
  const found: DoctorFinding[] = [];
  try {
    await access(there, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    found.push(
      failed(
        `${there} may not be written: ${describeError(error)}`,
        'Set HEDDLE_DATA_DIR to a directory that this user may write.',
      ),
    );
  }
  const { bavail, bsize, ffree, files, type } = await statfs(there);
  const freeBytes = bavail * bsize;
  const space = `${Math.floor(freeBytes / mib)} MiB are free for ${dir}`;
  const makeRoom = 'Make room, or move the data directory: writes fail on a full disk.';
  if (freeBytes < freeBytesMin) found.push(failed(space, makeRoom));
  else if (freeBytes < freeBytesLow) found.push(warning(space, makeRoom));
  // Some file systems count no inodes.
  if (files > 0 && ffree < freeInodesMin) found.push(failed(`${ffree} inodes are free for ${dir}`, makeRoom));
  if (store !== undefined && networkTypes.has(type)) {
    found.push(
      warning(
        `${dir} is on a network file system`,
        'Put the data directory on a local disk: the embedded store is not for network file systems.',
      ),
    );
  }
  if (isThere)
    found.push(...(await checkPermissions([...new Set([dir, ...(store === undefined ? [] : [store])])])));
  const about = isThere ? space : `${space}, which the first start makes`;
  return found.length > 0 ? found : [ok(about)];
}

/** The directory, or the closest one above it that exists. */
async function findExisting(path: string): Promise<string> {
  try {
    return (await stat(path)).isDirectory() ? path : dirname(path);
  } catch {
    // Any error: the directory above it is looked at.
    return dirname(path) === path ? path : findExisting(dirname(path));
  }
}

async function checkPermissions(dirs: readonly string[]): Promise<readonly DoctorFinding[]> {
  if (process.platform === 'win32') return [];
  const found: DoctorFinding[] = [];
  for (const dir of dirs) {
    // Any error: a directory that cannot be listed is reported above, or by the check of the store.
    const names = await readdir(dir).catch(() => []);
    for (const name of names.filter((file) => privateFiles.test(file))) {
      const path = join(dir, name);
      const { mode, uid } = await stat(path);
      if ((mode & 0o077) !== 0)
        found.push(warning(`${path} may be read by other users`, `Run: chmod 600 ${path}`));
      if (uid !== process.getuid?.() && process.getuid?.() !== 0)
        found.push(
          failed(
            `${path} is of another user`,
            `Run as the user that owns it, or: chown ${process.getuid?.()} ${path}`,
          ),
        );
    }
  }
  return found;
}
