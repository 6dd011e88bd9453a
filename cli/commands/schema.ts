import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readBaseline, UnknownRefError } from '#schema/baseline.ts';
import { CompositionError, composeCheckout, readSupergraph, supergraphUrl } from '#schema/compose.ts';
import { StartError } from '../config.ts';

function compose(): number {
  writeFileSync(supergraphUrl, composeCheckout());
  console.log(`wrote ${fileURLToPath(supergraphUrl)}`);
  return 0;
}

async function check(against: string | undefined): Promise<number> {
  const { checkSchema } = await import('#schema/check.ts');
  const { findUnscoped } = await import('#schema/reach.ts');
  const baseline = readBaseline(against);
  const composed = composeCheckout();
  const checked = await checkSchema({
    composed,
    committed: readSupergraph(),
    baseline: baseline?.supergraph,
  });
  const findings = [...checked, ...findUnscoped(composed)];
  for (const { rule, where, problem, whatToDo } of findings) {
    console.error(`${rule}: ${where}: ${problem}. ${whatToDo}`);
  }
  const compared =
    baseline === undefined
      ? 'compared with nothing: this is no git checkout'
      : baseline.supergraph === undefined
        ? `compared with nothing: ${baseline.ref} has no supergraph`
        : `compared with ${baseline.ref}`;
  console.log(
    findings.length === 0 ? `the schema is sound (${compared})` : `${findings.length} found (${compared})`,
  );
  return findings.length === 0 ? 0 : 1;
}

/** `heddle schema compose|check`: resolves to the exit code; every finding is one line on standard error. */
export async function runSchemaCommand(args: readonly string[]): Promise<number> {
  const [verb, option, value, ...rest] = args;
  try {
    if (verb === 'compose' && option === undefined) return compose();
    if (verb === 'check' && option === undefined) return await check(undefined);
    if (verb === 'check' && option === '--against' && value !== undefined && rest.length === 0) {
      return await check(value);
    }
    throw new StartError('usage: heddle schema compose, or heddle schema check [--against <git ref>]');
  } catch (error) {
    if (!(error instanceof CompositionError) && !(error instanceof UnknownRefError)) throw error;
    console.error(error.message);
    return 1;
  }
}
