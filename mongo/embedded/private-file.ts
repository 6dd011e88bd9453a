import { closeSync, fchmodSync, fstatSync, openSync } from 'node:fs';

/**
 * Makes a file that only its owner can read (0600), or takes the others' rights away where it is there already, as from
 * a copy by hand. What is not this user's own is left as it is.
 */
export function makePrivate(file: string): void {
  const descriptor = openSync(file, 'a', 0o600);
  try {
    const { mode, uid } = fstatSync(descriptor);
    if ((mode & 0o077) !== 0 && uid === process.getuid?.()) fchmodSync(descriptor, 0o600);
  } finally {
    closeSync(descriptor);
  }
}
