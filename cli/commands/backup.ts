import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dataDirectory, readEnvironment, StartError } from '../config.ts';

/** `heddle backup <file>`: copies the embedded store of the data directory while it runs. */
export async function backup(args: readonly string[]): Promise<number> {
  const { file, dir } = parse('backup', args);
  const { backupDirectory } = await import('#mongo/embedded/backup.ts');
  await backupDirectory(dir, file).catch(refuse);
  console.log(
    `${file} holds the store of ${dir}. Keep the encryption key with it: provider keys are sealed.`,
  );
  return 0;
}

/** `heddle restore <file>`: fills an empty data directory from a copy. */
export async function restore(args: readonly string[]): Promise<number> {
  const { file, dir } = parse('restore', args);
  const { restoreDirectory } = await import('#mongo/embedded/backup.ts');
  await restoreDirectory(file, dir).catch(refuse);
  console.log(`${dir} holds the store of ${file}.`);
  return 0;
}

function parse(command: string, args: readonly string[]): { readonly file: string; readonly dir: string } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { dir: { type: 'string' } },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0)
    throw new StartError(`usage: heddle ${command} <file> [--dir <dir>]`);
  return { file, dir: values.dir ?? join(dataDirectory(readEnvironment(process.env)), 'store') };
}

function refuse(error: unknown): never {
  throw new StartError(error instanceof Error ? error.message : String(error), { cause: error });
}
