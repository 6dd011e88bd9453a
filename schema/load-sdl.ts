import { readFileSync } from 'node:fs';
import type { SubgraphName } from './subgraph.ts';

/** The definitions of @quota, @cache, @audited and @prompt with their enums, as every subgraph's SDL ends. */
export function loadDirectiveDefinitions(): string {
  return readFileSync(new URL('./directives.graphql', import.meta.url), 'utf8');
}

/**
 * The whole SDL of one subgraph: its own schema.graphql and the definitions of our directives. What is composed
 * and what the subgraph serves are this same text. Throws when the subgraph has no schema.graphql.
 */
export function loadSubgraphSdl(name: SubgraphName): string {
  const own = readFileSync(new URL(`../subgraphs/${name}/schema.graphql`, import.meta.url), 'utf8');
  return `${own.trimEnd()}\n\n${loadDirectiveDefinitions()}`;
}
