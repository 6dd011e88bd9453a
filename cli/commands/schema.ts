import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Baseline, readBaseline, UnknownRefError } from '#schema/check/baseline.ts';
import type { ReportedFinding } from '#schema/check/report.ts';
import { CompositionError, composeCheckout, readSupergraph, supergraphUrl } from '#schema/compose.ts';
import { StartError } from '#server/config.ts';
import { usageError } from '../usage.ts';

/** Changes that are meant, approved one by one. */
const approvalsUrl = new URL('../../schema/approved-changes.txt', import.meta.url);

/** The supergraph, the page that describes it, and the table of the types of events. */
async function compose(): Promise<number> {
  const [{ generateReference }, { generateEventTable }, { writeGenerated }] = await Promise.all([
    import('#schema/reference/generate.ts'),
    import('#core/events/print-event-table.ts'),
    import('#schema/types/generated-files.ts'),
  ]);
  const composed = composeCheckout();
  writeFileSync(supergraphUrl, composed);
  console.log(`wrote ${fileURLToPath(supergraphUrl)}`);
  const pages = [generateReference(composed), generateEventTable()];
  for (const path of writeGenerated(pages)) console.log(`wrote ${path}`);
  return 0;
}

/** The types of resolvers, arguments and enums, and of the operations that handlers send, for this checkout. */
async function writeTypes(): Promise<number> {
  const [{ generateTypes }, { generateOperations }, { writeGenerated }] = await Promise.all([
    import('#schema/types/generate.ts'),
    import('#schema/types/generate-operations.ts'),
    import('#schema/types/generated-files.ts'),
  ]);
  const files = [...(await generateTypes()), await generateOperations(composeCheckout())];
  for (const path of writeGenerated(files)) console.log(`wrote ${path}`);
  return 0;
}

/** The schema that clients see, for code generators and editors. */
async function print(): Promise<number> {
  const [{ buildApiSchema }, { printSchema }] = await Promise.all([
    import('#schema/api-schema.ts'),
    import('graphql'),
  ]);
  console.log(printSchema(buildApiSchema(composeCheckout())));
  return 0;
}

interface CheckOptions {
  readonly against?: string | undefined;
  readonly strict: boolean;
  readonly json: boolean;
}

async function check({ against, strict, json }: CheckOptions): Promise<number> {
  const [
    { checkSchema },
    { findUnplannable },
    { parseApprovals },
    { createLocator },
    { loadOwnSdls },
    { findUnscoped },
    report,
    { generateTypes },
    { generateOperations },
    { findStaleFiles, readGenerated },
    { generateRegistry, readVendors },
    { generateReference },
    { generateEventTable },
  ] = await Promise.all([
    import('#schema/check/check.ts'),
    import('#gateway/planning/unplannable.ts'),
    import('#schema/check/findings.ts'),
    import('#schema/check/locate.ts'),
    import('#schema/load-sdl.ts'),
    import('#schema/check/reach.ts'),
    import('#schema/check/report.ts'),
    import('#schema/types/generate.ts'),
    import('#schema/types/generate-operations.ts'),
    import('#schema/types/generated-files.ts'),
    import('#providers/registry/generate.ts'),
    import('#schema/reference/generate.ts'),
    import('#core/events/print-event-table.ts'),
  ]);
  const baseline = readBaseline(against);
  const composed = composeCheckout();
  const found = [
    ...(await checkSchema({ composed, committed: readSupergraph(), baseline: baseline?.supergraph })),
    ...findStaleFiles(generateRegistry(await readVendors()), readGenerated),
    ...findStaleFiles([...(await generateTypes()), await generateOperations(composed)], readGenerated),
    ...findStaleFiles([generateReference(composed), generateEventTable()], readGenerated),
    ...findUnscoped(composed),
    ...(await findUnplannable(composed)),
  ];
  const findings = report.reportFindings(found, {
    strict,
    approvals: parseApprovals(existsSync(approvalsUrl) ? readFileSync(approvalsUrl, 'utf8') : ''),
    locate: createLocator(loadOwnSdls()),
  });
  const failing = findings.filter(({ fails }) => fails);
  if (json) {
    const comparedWith = baseline?.supergraph === undefined ? null : baseline.ref;
    console.log(JSON.stringify({ passed: failing.length === 0, comparedWith, strict, findings }, null, 2));
  } else {
    for (const finding of findings) console.error(report.formatLine(finding));
    if (process.env.GITHUB_ACTIONS === 'true') {
      for (const finding of findings) console.log(report.formatAnnotation(finding));
    }
    explainApprovals(failing);
    console.log(summarize(findings, baseline));
  }
  return failing.length === 0 ? 0 : 1;
}

function explainApprovals(failing: readonly ReportedFinding[]): void {
  const lines = failing.flatMap(({ approval }) => (approval === null ? [] : [approval]));
  if (lines.length === 0) return;
  console.error(
    '\nWhat is meant is approved by its line in schema/approved-changes.txt, with a reason behind it:',
  );
  for (const line of lines) console.error(line);
}

function summarize(findings: readonly ReportedFinding[], baseline: Baseline | undefined): string {
  const compared =
    baseline === undefined
      ? 'compared with nothing: this is no git checkout'
      : baseline.supergraph === undefined
        ? `compared with nothing: ${baseline.ref} has no supergraph`
        : `compared with ${baseline.ref}`;
  const failing = findings.filter(({ fails }) => fails).length;
  const shown = findings.length - failing;
  const sound = shown === 0 ? 'the schema is sound' : `the schema is sound, with ${shown} shown`;
  return `${failing === 0 ? sound : `${failing} found`} (${compared})`;
}

/**
 * `heddle schema compose|types|print|check`: resolves to the exit code. Every finding of a check is one line on standard error,
 * or with --json one object on standard output; in GitHub Actions it is an annotation as well.
 */
export async function runSchemaCommand(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  try {
    if (verb === 'compose' && rest.length === 0) return await compose();
    if (verb === 'types' && rest.length === 0) return await writeTypes();
    if (verb === 'print' && rest.length === 0) return await print();
    if (verb === 'check') return await check(checkOptions(rest));
    throw usageError('schema');
  } catch (error) {
    if (isMissingPackage(error)) {
      throw new StartError(`schema ${verb}: run it in a checkout of Heddle, after npm ci`);
    }
    if (!(error instanceof CompositionError) && !(error instanceof UnknownRefError)) throw error;
    console.error(error.message);
    return 1;
  }
}

/** The comparison of schemas and the code generator are packages of development: an installed `heddle` has neither. */
function isMissingPackage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

function checkOptions(args: readonly string[]): CheckOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        against: { type: 'string' },
        strict: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch {
    // Any error: parseArgs refuses what is no option of the command.
    throw usageError('schema');
  }
}
