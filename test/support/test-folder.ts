import { existsSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';

const memory = '/dev/shm';
const tmpfs = 0x01021994;
/** Ten times what a whole run holds there at once. */
const bytesMin = 2 * 2 ** 30;

function hasRoomInMemory(): boolean {
  if (process.env.TMPDIR !== undefined || !existsSync(memory) || freemem() < bytesMin) return false;
  const { type, bavail, bsize } = statfsSync(memory);
  return type === tmpfs && bavail * bsize >= bytesMin;
}

/**
 * Where tests have their stores and other data of processes: in memory, where the machine has room for them there and TMPDIR
 * names no folder, since they wait for a hundred thousand writes to be on the disk. A process that is killed loses nothing of
 * it either. Programs cannot be run from it.
 */
export const testFolder = hasRoomInMemory() ? memory : tmpdir();
