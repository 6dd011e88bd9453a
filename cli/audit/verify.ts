import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type AuditProblem, type ChainedRecord, ChainVerifier, verifyAuditLog } from '#mongo/audit-verify.ts';
import { type Environment, StartError } from '#server/config.ts';
import { openStoreBeside } from '../open-store.ts';

/** What a verification covers, and how it reports. */
export interface VerifyCommand {
  readonly tenantId: string | undefined;
  /** Each problem as a line of JSON, then the counts. */
  readonly json: boolean;
  readonly report: (line: string) => void;
}

/** Problems that are printed; further ones are counted. */
const printedMax = 1_000;

function createReport({ json, report }: VerifyCommand) {
  let problems = 0;
  return {
    add(problem: AuditProblem) {
      problems += 1;
      if (problems <= printedMax) report(json ? JSON.stringify(problem) : problem.message);
    },
    finish(counts: Readonly<Record<string, number>>): number {
      if (json) report(JSON.stringify({ ...counts, problems }));
      else {
        const listed = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
        const found = problems === 0 ? 'No record was altered, removed or inserted' : `${problems} problems`;
        report(`${found}: ${listed.join(', ')}.`);
      }
      return problems === 0 ? 0 : 1;
    },
  };
}

/** Verifies the store. The exit code: 0, or 1 where a record was altered, removed or inserted. */
export async function verifyStore(environment: Environment, command: VerifyCommand): Promise<number> {
  await using database = await openStoreBeside(environment);
  const report = createReport(command);
  const { tenantId } = command;
  const counts = await verifyAuditLog(database.connection, { tenantId }, report.add);
  return report.finish({ ...counts });
}

/** Verifies the chains of an export. Records that were not chained when it was made are only counted. */
export async function verifyExport(file: string, command: VerifyCommand): Promise<number> {
  const report = createReport(command);
  const verifier = new ChainVerifier();
  let unchained = 0;
  let lineNumber = 0;
  for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
    lineNumber += 1;
    const record = readRecord(line, `${file}, line ${lineNumber}`);
    if (command.tenantId !== undefined && record.tenantId !== command.tenantId) continue;
    if (!(typeof record.sequence === 'number' && record.sequence > 0)) unchained += 1;
    else for (const problem of verifier.verify(record)) report.add(problem);
  }
  for (const problem of verifier.finish()) report.add(problem);
  return report.finish({ records: verifier.records, unchained });
}

function readRecord(line: string, where: string): ChainedRecord & { readonly tenantId?: unknown } {
  try {
    return JSON.parse(line) as ChainedRecord;
  } catch {
    // Any error: the parser's message would quote the record.
    throw new StartError(`${where}: is no record of an export as JSON lines`);
  }
}
