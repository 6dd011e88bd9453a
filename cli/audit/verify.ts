import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { showControls } from '#core/text/control-characters.ts';
import { readAnchor } from '#mongo/audit/anchors.ts';
import { readCheckpoints } from '#mongo/audit/checkpoints.ts';
import { computeAuditKeyId, readAuditKeys } from '#mongo/audit/keys.ts';
import { type AuditProblem, type ChainedRecord, ChainVerifier, verifyAuditLog } from '#mongo/audit/verify.ts';
import { type Environment, StartError } from '#server/config.ts';
import { openStoreBeside } from '../open-store.ts';

/** What a verification covers, and how it reports. */
export interface VerifyCommand {
  readonly tenantId: string | undefined;
  /** Each problem as a line of JSON, then the counts. */
  readonly json: boolean;
  readonly report: (line: string) => void;
  /** A file of anchors. */
  readonly anchors?: string | undefined;
  /** Public keys, instead of those in the store. */
  readonly trustedKeys?: readonly string[] | undefined;
}

/** Problems that are printed; further ones are counted. */
const printedMax = 1_000;

/** Whoever altered a record may have written into it what a terminal obeys. */
function createReport({ json, report: print }: VerifyCommand) {
  const report = (line: string) => print(showControls(line));
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
  const { connection } = database;
  const keys = toKeys(command.trustedKeys) ?? (await readAuditKeys(connection));
  const { valid: checkpoints, forged } = await readCheckpoints(connection, keys);
  for (const { _id: chain, sequence } of forged) {
    const message = `The checkpoint of ${chain} is not signed with a known key.`;
    report.add({ kind: 'ALTERED', chain, sequence, recordId: null, message });
  }
  const pruned = [...checkpoints.values()].flatMap(({ before }) => before?.getTime() ?? []);
  const options = {
    tenantId: command.tenantId,
    keys,
    checkpoints: new Map([...checkpoints].map(([chain, checkpoint]) => [chain, { ...checkpoint, chain }])),
    prunedBefore: pruned.length === 0 ? undefined : new Date(Math.max(...pruned)),
    anchors: command.anchors === undefined ? undefined : await readAnchors(command.anchors, keys, report.add),
  };
  const counts = await verifyAuditLog(connection, options, report.add);
  return report.finish({ ...counts });
}

/** Verifies the chains of an export. Records that were not chained when it was made are only counted. */
export async function verifyExport(file: string, command: VerifyCommand): Promise<number> {
  const report = createReport(command);
  const { anchors: anchorFile } = command;
  const keys = toKeys(command.trustedKeys);
  if (anchorFile !== undefined && keys === undefined) {
    throw new StartError('--anchors with --file needs --key: the public key of `heddle audit key`');
  }
  const anchors = anchorFile && keys ? await readAnchors(anchorFile, keys, report.add) : new Map();
  const records = new Map([...anchors].filter(([chain]) => isExported(chain, command.tenantId)));
  const verifier = new ChainVerifier({ anchors: records, keys });
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

/** Exports hold no beginnings of changes. */
function isExported(chain: string, tenantId: string | undefined): boolean {
  const [kind, ...owner] = chain.split(':');
  return kind !== 'starts' && (tenantId === undefined || owner.join(':') === tenantId);
}

function toKeys(keys: readonly string[] | undefined): ReadonlyMap<string, string> | undefined {
  return keys && new Map(keys.map((key) => [computeAuditKeyId(key), key]));
}

/** The public keys of the store, the current one last. */
export async function readAuditPublicKeys(environment: Environment): Promise<readonly string[]> {
  await using database = await openStoreBeside(environment);
  return [...(await readAuditKeys(database.connection)).values()];
}

/** The heads of all anchors in the file, by chain and sequence. */
async function readAnchors(
  file: string,
  keys: ReadonlyMap<string, string>,
  report: (problem: AuditProblem) => void,
): Promise<ReadonlyMap<string, ReadonlyMap<number, string>>> {
  const heads = new Map<string, Map<number, string>>();
  const reportLine = (lineNumber: number) => {
    const message = `${file}, line ${lineNumber}: is no anchor that a known key has signed.`;
    report({ kind: 'ALTERED', chain: null, sequence: null, recordId: null, message });
  };
  let lineNumber = 0;
  let isUnknown = false;
  for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
    if (isUnknown) reportLine(lineNumber);
    lineNumber += 1;
    const anchor = readAnchor(line, keys);
    isUnknown = anchor === undefined;
    for (const [chain, sequence, hash] of anchor?.heads ?? []) {
      heads.set(chain, (heads.get(chain) ?? new Map()).set(sequence, hash));
    }
  }
  // A last line without its end is being written, or a process was killed while it wrote: the next anchor completes it.
  if (isUnknown && (await endsWithLineBreak(file))) reportLine(lineNumber);
  return heads;
}

async function endsWithLineBreak(file: string): Promise<boolean> {
  await using handle = await open(file, 'r');
  const { size } = await handle.stat();
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
  return bytesRead === 1 && buffer.toString() === '\n';
}
