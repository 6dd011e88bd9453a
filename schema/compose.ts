import { readFileSync } from 'node:fs';
import { assertCompositionSuccess, composeServices } from '@theguild/federation-composition';
import { type DocumentNode, GraphQLError, parse } from 'graphql';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import { loadSubgraphSdl } from './load-sdl.ts';

/** The SDL of each subgraph that takes part. */
export type SubgraphSdls = Readonly<Partial<Record<SubgraphName, string>>>;

/** What keeps the subgraphs from being one graph; the message lists every problem with the subgraph it is in. */
export class CompositionError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The subgraphs do not compose:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'CompositionError';
    this.problems = problems;
  }
}

/** Where the composed graph is kept, generated and committed. */
export const supergraphUrl = new URL('./supergraph.graphql', import.meta.url);

function parseSdl(name: string, sdl: string): DocumentNode {
  try {
    return parse(sdl, { noLocation: true });
  } catch (error) {
    const where = error instanceof GraphQLError ? error.locations?.[0] : undefined;
    const line = where === undefined ? '' : ` (line ${where.line}, column ${where.column})`;
    throw new CompositionError([
      `[${name}] ${error instanceof Error ? error.message : String(error)}${line}`,
    ]);
  }
}

/**
 * The supergraph SDL of the subgraphs, the same text for the same subgraphs whatever their order. Our
 * directives survive with their arguments' defaults. Throws CompositionError.
 */
export function composeSupergraph(sdls: SubgraphSdls): string {
  const services = subgraphNames.flatMap((name) => {
    const sdl = sdls[name];
    return sdl === undefined ? [] : [{ name, url: `heddle://${name}`, typeDefs: parseSdl(name, sdl) }];
  });
  const result = composeServices(services);
  if (result.errors !== undefined && result.errors.length > 0) {
    throw new CompositionError(result.errors.map((error) => error.message));
  }
  assertCompositionSuccess(result);
  return `${result.supergraphSdl.trimEnd()}\n`;
}

/** Composes the subgraphs of this checkout. */
export function composeCheckout(): string {
  const sdls: Partial<Record<SubgraphName, string>> = {};
  for (const name of subgraphNames) sdls[name] = loadSubgraphSdl(name);
  return composeSupergraph(sdls);
}

/** The committed supergraph; undefined when it was never composed. */
export function readSupergraph(): string | undefined {
  try {
    return readFileSync(supergraphUrl, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
