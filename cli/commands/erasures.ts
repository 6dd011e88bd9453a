import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readEnvironment } from '#server/config.ts';
import { openStoreBeside } from '../open-store.ts';
import { recordCommand } from '../record-command.ts';
import { usageError } from '../usage.ts';

/** `heddle erasures list|repeat`: the reports of erasures, and the same erasures again in a store that was restored from an older backup. */
export async function runErasuresCommand(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === 'list') return list(rest);
  if (command === 'repeat') return repeat(rest);
  throw usageError('erasures');
}

/** Erasures that could not be repeated and that the audit log names. */
const recordedMax = 1_000;

async function list(args: readonly string[]): Promise<number> {
  parseArgs({ args: [...args] });
  const { listReports } = await import('#server/erasure/erasure-reports.ts');
  await using database = await openStoreBeside(readEnvironment(process.env));
  for await (const report of listReports(database.connection)) console.log(JSON.stringify(report));
  return 0;
}

/** Exit code 1: some erasures could not be repeated, which are named. */
async function repeat(args: readonly string[]): Promise<number> {
  const { positionals: files } = parseArgs({ args: [...args], allowPositionals: true });
  if (files.length === 0) throw usageError('erasures');
  const [{ readErasures }, { repeatErasures }] = await Promise.all([
    import('../erasures/read-erasures.ts'),
    import('../erasures/repeat-erasures.ts'),
  ]);
  const listed = await readErasures(files);
  await using database = await openStoreBeside(readEnvironment(process.env));
  const { connection } = database;
  const command = {
    ...{ action: 'erasure.repeat', targetType: 'Erasure', targetId: 'mesh' },
    arguments: { files: files.map((file) => resolve(file)) },
  };
  let left: Awaited<ReturnType<typeof repeatErasures>>['left'] = [];
  const counts = await recordCommand(connection, command, async () => {
    const repeated = await repeatErasures(connection, listed, new Date());
    left = repeated.left;
    return { ...repeated, left: left.slice(0, recordedMax) };
  });
  for (const { why } of left) console.log(why);
  const { tenants, endUsers, known, absent } = counts;
  console.log(
    `Requested the erasure of ${tenants} tenants and ${endUsers} end users, which the mesh carries out when it runs; ${known} are known already, and ${absent} are of tenants that this store does not have.`,
  );
  return left.length === 0 ? 0 : 1;
}
