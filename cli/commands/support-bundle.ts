import { open } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { StartError } from '#server/config.ts';
import { parseParts } from '#server/mesh.ts';
import { makeBundle } from '../support-bundle/make-bundle.ts';
import { usageError } from '../usage.ts';

/**
 * `heddle support-bundle <file> [--log <file>] [--only <parts>] [--offline]`: writes what whoever helps needs to know of a mesh into a new
 * file of mode 0600, without secrets. Resolves to the exit code.
 */
export async function writeSupportBundle(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      log: { type: 'string' },
      only: { type: 'string' },
      offline: { type: 'boolean', default: false },
    },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw usageError('support-bundle');
  const parts = parseParts(values.only);
  const bundle = await makeBundle({
    env: process.env,
    parts,
    isOnline: !values.offline,
    logFile: values.log,
  });
  try {
    await using handle = await open(file, 'wx', 0o600);
    await handle.writeFile(`${JSON.stringify(bundle, null, 2)}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new StartError(
      code === 'EEXIST' ? `${file} already exists; name a new file` : `${file} cannot be written: ${code}`,
      { cause: error },
    );
  }
  console.log(
    `${file} holds the bundle. Read it before you send it: it has no secrets and nothing that clients wrote.`,
  );
  return 0;
}
