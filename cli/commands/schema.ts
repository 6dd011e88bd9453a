import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CompositionError, composeCheckout, supergraphUrl } from '#schema/compose.ts';

const usage = `heddle schema compose                     write schema/supergraph.graphql
heddle schema check [--against <git ref>]  would this schema break clients?`;

function compose(): number {
  writeFileSync(supergraphUrl, composeCheckout());
  console.log(`wrote ${fileURLToPath(supergraphUrl)}`);
  return 0;
}

/** `heddle schema compose|check`: resolves to the exit code; every finding is one line on standard error. */
export async function runSchemaCommand(args: readonly string[]): Promise<number> {
  try {
    if (args[0] === 'compose' && args.length === 1) return compose();
    console.error(usage);
    return 1;
  } catch (error) {
    if (!(error instanceof CompositionError)) throw error;
    console.error(error.message);
    return 1;
  }
}
