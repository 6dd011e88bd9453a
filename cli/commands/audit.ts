import { parseArgs } from 'node:util';
import { readEnvironment, StartError } from '#server/config.ts';
import { usageError } from '../usage.ts';

/** `heddle audit verify|export|key`: reads the audit log in the store, while the mesh runs or is stopped. */
export async function runAuditCommand(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === 'verify') return verify(rest);
  if (command === 'key') return printKey(rest);
  if (command === 'export') return exportRecords(rest);
  throw usageError('audit');
}

/** Exit code 1: a record was altered, removed or inserted. */
async function verify(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tenant: { type: 'string' },
      file: { type: 'string' },
      anchors: { type: 'string' },
      key: { type: 'string', multiple: true },
      json: { type: 'boolean', default: false },
    },
  });
  const { verifyExport, verifyStore } = await import('../audit/verify.ts');
  const { file, anchors, json } = values;
  const command = {
    ...{ tenantId: values.tenant, json, anchors, trustedKeys: values.key },
    report: (line: string) => console.log(line),
  };
  return file === undefined
    ? verifyStore(readEnvironment(process.env), command)
    : verifyExport(file, command);
}

async function printKey(args: readonly string[]): Promise<number> {
  parseArgs({ args: [...args] });
  const { readAuditPublicKeys } = await import('../audit/verify.ts');
  for (const key of await readAuditPublicKeys(readEnvironment(process.env))) console.log(key);
  return 0;
}

async function exportRecords(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      format: { type: 'string', default: 'jsonl' },
      tenant: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
    },
  });
  const { exportAuditLog, exportFormats } = await import('../audit/export.ts');
  const format = exportFormats.find((name) => name === values.format);
  if (format === undefined) throw new StartError(`--format must be one of ${exportFormats.join(', ')}`);
  const range = { from: toTime('--from', values.from), to: toTime('--to', values.to) };
  const filter = { tenantId: values.tenant, ...range };
  const [{ openStoreBeside }, { recordCommand }] = await Promise.all([
    import('../open-store.ts'),
    import('../record-command.ts'),
  ]);
  await using database = await openStoreBeside(readEnvironment(process.env));
  const { connection } = database;
  const command = { action: 'audit.export', targetType: 'AuditLog', targetId: values.tenant ?? 'mesh' };
  await recordCommand(connection, { ...command, arguments: { ...values } }, async () => {
    await exportAuditLog(connection, { format, filter }, process.stdout);
    return null;
  });
  return 0;
}

function toTime(option: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new StartError(`${option} must be a time as 2026-11-28T00:00:00Z`);
  return time;
}
